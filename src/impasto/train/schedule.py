"""The generator's turns, and how rates and penalties change during a training.

Everything follows from the state, so that a resumed training stays identical to the bit.
"""

import math

from impasto.config import Config
from impasto.train.state import State

COOLEST = 0.05
"""Share of a rate that is left at the end of a training that cools down."""

WARM_UP_STEPS, LONG_EVERY, LONG = 25, 500, 100


def generator_turn(step: int, discriminator_steps: int, warm_up: bool) -> bool:
    """Whether the generator moves after the discriminator's step number `step` (from 0).

    Args:
        step: discriminator steps before this one.
        discriminator_steps: how many of them make a round.
        warm_up: whether rounds 0–24 and every 500th have 100 (the published code of WGAN,
            Arjovsky et al. 2017).
    """
    if not warm_up:
        return (step + 1) % discriminator_steps == 0
    beginning = WARM_UP_STEPS * LONG
    if step < beginning:
        return (step + 1) % LONG == 0
    # From here: 475 short rounds, then repeatedly one long round and 499 short ones.
    step -= beginning
    first = (LONG_EVERY - WARM_UP_STEPS) * discriminator_steps
    if step < first:
        return (step + 1) % discriminator_steps == 0
    period = LONG + (LONG_EVERY - 1) * discriminator_steps
    place = (step - first) % period
    if place < LONG:
        return place == LONG - 1
    return (place - LONG + 1) % discriminator_steps == 0


def dinov2_looks(step: int, config: Config) -> bool:
    """Whether the second critic, on DINOv2, acts in the discriminator's step number `step`.

    It acts in whole rounds, so that the generator learns from it: counted in steps, a round's last
    one would never be its turn if `loss.discriminator_steps` and `model.dinov2_every` had a common
    divisor.
    """
    every = config.model.dinov2_every
    return every > 0 and step // config.loss.discriminator_steps % every == 0


def rounds_until_repeated(config: Config) -> int:
    """Rounds after which the second critic and lazy penalties come again in the same order."""
    loss = config.loss
    lazy = loss.penalty_every if loss.has_penalty else 1
    return math.lcm(
        max(1, config.model.dinov2_every), lazy // math.gcd(lazy, loss.discriminator_steps)
    )


def kind_of_round(number: int, config: Config) -> tuple[bool, int]:
    """What makes a round dear: whether DINOv2 looks, and how many steps have a penalty."""
    loss, first = config.loss, number * config.loss.discriminator_steps
    steps = range(first, first + loss.discriminator_steps)
    due = sum(step % loss.penalty_every == 0 for step in steps) if loss.has_penalty else 0
    return dinov2_looks(first, config), due


def fallen(start: float, end: float, images: int, over: int | None) -> float:
    """A value that moves from `start` to `end` along half a cosine in `over` images."""
    if over is None:
        return start
    share = min(images / over, 1.0)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


def cooled(share: float, cool_from: float | None) -> float:
    """Factor of a rate when `share` of the training is done."""
    if cool_from is None:
        return 1.0
    left = min((1 - share) / (1 - cool_from), 1.0)
    return COOLEST + (1 - COOLEST) * left


def has_schedule(config: Config) -> bool:
    """Whether rates change during the training."""
    return config.optimiser.decay_images is not None or config.optimiser.cool_from is not None


def set_rates(state: State, config: Config) -> None:
    """Set both optimisers' rates and Adam's second decay for the current step.

    Cooling follows the share of the training that is done. With a length in minutes it thus depends
    on the clock, and repeating the command does not give the same weights to the bit.
    """
    knobs = config.optimiser
    left = cooled(state.share, knobs.cool_from)
    rates = {"generator": knobs.g_lr, "discriminator": knobs.d_lr}
    for name, optimiser in state.optimisers.items():
        for group in optimiser.param_groups:
            start = rates[name]
            fall = fallen(start, start * knobs.lr_fall, state.images, knobs.decay_images)
            group["lr"] = fall * left
            if knobs.beta2_end is not None:
                beta2 = fallen(knobs.beta2, knobs.beta2_end, state.images, knobs.decay_images)
                group["betas"] = (knobs.beta1, beta2)


def penalty_weight(state: State, config: Config) -> float:
    """Factor of `r1` and `r2` at `state.images`."""
    over = config.optimiser.decay_images
    return fallen(1.0, config.loss.penalty_fall, state.images, over)
