"""Steps: what one batch does to the state. The loop knows nothing of GANs.

A new kind of training is a function that returns a `Step` (strokes: `strokes/stages.py`); never a
second loop.
"""

import copy
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.augment import steer
from impasto.config import Config
from impasto.core.device import Device
from impasto.core.together import RANKS
from impasto.losses import GAMES, smoothing
from impasto.models.build import build_discriminator, build_generator
from impasto.models.impasto_discriminator import Discriminator
from impasto.train.anchors import CodesAt, at_anchors
from impasto.train.objectives import (
    StepBatch,
    augmented,
    discriminator_loss,
    distance_to_originals,
    draw_latents,
    generator_loss,
    shared_fake_features,
)
from impasto.train.schedule import dinov2_looks, generator_turn, has_schedule, set_rates
from impasto.train.state import State, Step

STEER_EVERY = 4
"""Steps between changes of an adaptive augmentation (Karras et al. 2020)."""

VITALS_EVERY = 8
"""Steps between readings of variety and gradients, to save time."""

LabelsAt = Callable[[int, torch.device], Tensor]
"""(images shown so far, device) → label ids (N,) of the next batch."""


def gan_state(config: Config, device: torch.device) -> State:
    """Networks and optimisers of a GAN training, made from the recipe's seed."""
    torch.manual_seed(config.training.seed)
    networks = {
        "generator": build_generator(config.model),
        "discriminator": build_discriminator(config.model),
    }
    if config.optimiser.freeze_discriminator:
        assert isinstance(networks["discriminator"], Discriminator)  # checked by the configuration
        networks["discriminator"].freeze(config.optimiser.freeze_discriminator)
    for network in networks.values():
        network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    rates = {"generator": config.optimiser.g_lr, "discriminator": config.optimiser.d_lr}
    optimisers = {
        name: _optimiser(config, network, rates[name]) for name, network in networks.items()
    }
    averages = {}
    if config.training.ema_half_life is not None:
        averages["generator"] = start_average(networks["generator"])
    memory = {"probability": config.augment.probability, "certainty": 0.0}
    return State(device, networks, optimisers, averages, memory)


def _optimiser(config: Config, network: nn.Module, rate: float) -> torch.optim.Optimizer:
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if config.optimiser.algorithm == "rmsprop":
        return torch.optim.RMSprop(weights, rate, alpha=0.99)
    betas = (config.optimiser.beta1, config.optimiser.beta2)
    return torch.optim.Adam(weights, rate, betas, fused=True)


def gan_step(
    config: Config,
    device: Device,
    labels: LabelsAt | None = None,
    codes: CodesAt | None = None,
) -> Step:
    """One step of the discriminator and, when it is its turn, one of the generator.

    Goodfellow et al. 2014, algorithm 1. Several discriminator steps per generator step are several
    steps here, each with new pictures.

    Samples get the labels of the originals in their batch, with the frequencies of the data; and,
    where DINOv2 looks and the training has anchors, the latents of these originals.
    """

    def step(state: State, reals: Tensor) -> Mapping[str, Tensor]:
        if has_schedule(config):
            set_rates(state, config)
        discriminator = state.networks["discriminator"]
        if isinstance(discriminator, Discriminator) and config.model.dinov2_every:
            discriminator.skip_dinov2 = not dinov2_looks(state.steps, config)
        turn = generator_turn(state.steps, config.loss.discriminator_steps, config.loss.warm_up)
        generator = state.networks["generator"]
        latents, known = draw_latents(len(reals), config, state.device), None
        if codes is not None and turn and dinov2_looks(state.steps, config):
            latents, known = at_anchors(latents, codes(state.images, state.device))
        label_args = () if labels is None else (RANKS.rows(labels(state.images, state.device)),)
        # One forward pass serves the steps of both networks. Each autocast block casts the weights
        # again, because they change between the blocks.
        shared = turn and config.training.shares_samples
        with torch.set_grad_enabled(shared), device.autocast():
            if config.training.fakes_at_rest:
                generator.eval()
            fakes = generator(latents, *label_args)
            generator.train()
        features = anchors = None
        if shared:
            features, anchors = shared_fake_features(state, fakes, known, config, device)
        batch = StepBatch(reals, fakes, label_args, features, anchors)
        far = None
        if config.optimiser.separate_halves:
            stats = _teach_in_halves(state, batch, config, device)
        else:
            d_loss = discriminator_loss(state, batch, config, device)
            far = distance_to_originals(batch, d_loss)
            _adapt_augmentation(state, config, d_loss.real_logits)
            stats = _discriminator_stats(
                state, config, d_loss.loss, d_loss.real_logits, d_loss.fake_logits
            )
            state.optimisers["discriminator"].zero_grad(set_to_none=True)
            (d_loss.loss + d_loss.penalty).backward()  # type: ignore[no-untyped-call]
            _descend(state, "discriminator", config)
        if turn:
            g_loss, painted = generator_loss(state, batch, config, device)
            stats["g_loss"] = g_loss.detach()
            if far is not None:
                stats["anchors"] = far.detach()
                g_loss = g_loss + config.loss.anchors * (1 - state.share) * far
            if _reads_vitals(state, config):
                stats["variety"] = variety(painted, reals)
            state.optimisers["generator"].zero_grad(set_to_none=True)
            g_loss.backward()  # type: ignore[no-untyped-call]
            stats |= _descend(state, "generator", config)
            if config.training.ema_half_life is not None:
                update_average(
                    state.averages["generator"],
                    generator,
                    batch=RANKS.count * len(reals) * config.loss.discriminator_steps,
                    images=state.images,
                    half_life=config.training.ema_half_life,
                    ramp=config.training.ema_ramp,
                )
        return stats

    return step


def _teach_in_halves(
    state: State, batch: StepBatch, config: Config, device: Device
) -> dict[str, Tensor]:
    """A discriminator step on the reals, then one on the fakes: each updates Adam's means."""
    halves = GAMES[config.loss.game].halves
    assert halves is not None  # the configuration refuses others
    discriminator, optimiser = state.networks["discriminator"], state.optimisers["discriminator"]
    reals = augmented(batch.reals, state, config)
    fakes = augmented(batch.fakes.detach(), state, config)
    with device.autocast():
        real_logits = discriminator(reals, *batch.label_args).float()
    real_loss = halves[0](real_logits)
    if config.loss.label_smoothing:
        real_loss = real_loss + smoothing(real_logits, config.loss.label_smoothing)
    optimiser.zero_grad(set_to_none=True)
    real_loss.backward()  # type: ignore[no-untyped-call]
    _descend(state, "discriminator", config)
    with device.autocast():
        fake_logits = discriminator(fakes, *batch.label_args).float()
    fake_loss = halves[1](fake_logits)
    optimiser.zero_grad(set_to_none=True)
    fake_loss.backward()  # type: ignore[no-untyped-call]
    _descend(state, "discriminator", config)
    _adapt_augmentation(state, config, real_logits)
    return _discriminator_stats(state, config, real_loss + fake_loss, real_logits, fake_logits)


def _adapt_augmentation(state: State, config: Config, real_logits: Tensor) -> None:
    """Adapt the augmentation probability to the discriminator's certainty on reals.

    `memory["certainty"]` accumulates the mean sign of their logits over `STEER_EVERY` steps.
    """
    if config.augment.target is None:
        return
    memory = state.memory
    sure = RANKS.mean(real_logits.detach().sign().mean())
    memory["certainty"] += sure.item() / STEER_EVERY
    if (state.steps + 1) % STEER_EVERY == 0:
        memory["probability"] = steer(
            memory["probability"],
            memory["certainty"],
            config.augment.target,
            STEER_EVERY * RANKS.count * len(real_logits),
            config.augment.ramp_images,
        )
        memory["certainty"] = 0.0


def _discriminator_stats(
    state: State, config: Config, d_loss: Tensor, real_logits: Tensor, fake_logits: Tensor
) -> dict[str, Tensor]:
    """Numbers of the discriminator's step for the log."""
    real_logits, fake_logits = real_logits.detach(), fake_logits.detach()
    stats = {
        "d_loss": d_loss.detach(),
        "d_real": real_logits.sigmoid().mean(),
        "d_fake": fake_logits.sigmoid().mean(),
        "win_rate": win_rate(real_logits, fake_logits),
    }
    if config.augment.target is not None:
        stats["augmented"] = torch.tensor(state.memory["probability"], device=real_logits.device)
    return stats


def _descend(state: State, name: str, config: Config) -> dict[str, Tensor]:
    """Take an optimiser step; at intervals return the gradient's norm."""
    weights = [weight for weight in state.networks[name].parameters() if weight.grad is not None]
    RANKS.average_gradients(weights)
    stats = {}
    if name == "generator" and _reads_vitals(state, config):
        stats["g_gradient"] = gradient_norm(weights)
    if name == "discriminator" and config.optimiser.clip_gradients is not None:
        nn.utils.clip_grad_value_(weights, config.optimiser.clip_gradients)
    state.optimisers[name].step()
    if name == "discriminator" and config.loss.clip_weights is not None:
        with torch.no_grad():
            for weight in weights:
                weight.clamp_(-config.loss.clip_weights, config.loss.clip_weights)
    return stats


def _reads_vitals(state: State, config: Config) -> bool:
    """Whether variety and gradients are measured in this step."""
    return state.steps % VITALS_EVERY == 0 or config.loss.discriminator_steps > 1


COARSE = 8
"""Side in pixels at which variety is measured: composition and colour count, texture does not."""


@torch.no_grad()
def win_rate(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The share of pairs (real, fake) in which the real gets the higher logit.

    The area under the discriminator's ROC curve: .5 for guessing, 1 if it is always right,
    whatever the loss and the scale of its logits. (N, …) and (M, …) → scalar.
    """
    real, fake = (
        RANKS.gathered(each.reshape(len(each), -1).mean(1)) for each in (real_logits, fake_logits)
    )
    higher = (real[:, None] > fake[None, :]).float()
    return (higher + 0.5 * (real[:, None] == fake[None, :]).float()).mean()


@torch.no_grad()
def variety(fakes: Tensor, reals: Tensor) -> Tensor:
    """How much the pictures of a batch differ from each other, relative to the reals.

    Standard deviation over the batch of each coarse pixel, averaged: 0 when all are one picture,
    1 when they differ as much as the reals do. (N, 3, H, W) twice → scalar.
    """
    return _spread(fakes) / _spread(reals).clamp_min(1e-6)


def _spread(pictures: Tensor) -> Tensor:
    coarse = RANKS.gathered(F.adaptive_avg_pool2d(pictures.detach().float(), COARSE))
    return coarse.std(0, correction=0).mean()


@torch.no_grad()
def gradient_norm(weights: Iterable[nn.Parameter]) -> Tensor:
    """Norm of the whole gradient of some weights: a scalar."""
    return nn.utils.get_total_norm([w.grad for w in weights if w.grad is not None])


def start_average(network: nn.Module) -> nn.Module:
    """A frozen copy of a network, to hold its average."""
    return copy.deepcopy(network).eval().requires_grad_(False)


@torch.no_grad()
def update_average(
    average: nn.Module, network: nn.Module, batch: int, images: int, half_life: float, ramp: float
) -> None:
    """Move the average towards the network by one step.

    The half-life grows with the images so far, up to its final length (Karras et al. 2020,
    StyleGAN2's `ema_rampup`), so that short runs are not dominated by their first weights.
    BatchNorm's running statistics are averaged too, to match the averaged weights. Spectral norm's
    singular vectors are copied, since directions have no mean. A flat field is copied as well: it
    belongs to the weights that it was measured with, and a network in training has none.

    Args:
        average: the copy that `start_average` made; changed in place.
        network: the network in training.
        batch: images in this step.
        images: images shown before it.
        half_life: images after which a weight's share has halved.
        ramp: the largest half-life as a share of `images`.
    """
    decay = 0.5 ** (batch / max(min(half_life, images * ramp), 1e-8))
    ours, theirs = average.state_dict(), network.state_dict()
    means = [name for name, a in ours.items() if a.is_floating_point() and not _is_copied(name)]
    torch._foreach_lerp_([ours[n] for n in means], [theirs[n] for n in means], 1 - decay)
    for name in ours.keys() - set(means):
        ours[name].copy_(theirs[name])


def _is_copied(name: str) -> bool:
    """Whether it is a singular vector of `spectral_norm`, or a flat field."""
    direction = "parametrizations" in name and name.endswith(("._u", "._v"))
    return direction or name.startswith("flat_field.")
