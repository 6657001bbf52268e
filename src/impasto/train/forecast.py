"""`--dry-run`: what would be trained, how fast and how long, measured on a few real steps."""

import math
import statistics
import sys
from collections.abc import Sequence
from contextlib import suppress
from copy import copy

import numpy as np
import torch
import yaml

from impasto.config import Config, change
from impasto.core.clock import now
from impasto.core.console import counted, one_line
from impasto.core.device import Device
from impasto.core.runs import Run
from impasto.data.dataset import split_rows
from impasto.data.loader import to_tensor
from impasto.errors import ImpastoError
from impasto.prepare.source import Data
from impasto.recipes import load, names
from impasto.train.decide import Decision
from impasto.train.progress import hms
from impasto.train.schedule import kind_of_round, rounds_until_repeated
from impasto.train.session import length_of
from impasto.train.shell import so_far
from impasto.train.state import State
from impasto.train.steps import gan_state, gan_step
from impasto.train.transfer import StartingPoint

WARM_UP, MEASURED = 2, 5
"""Rounds before timing starts, and the fewest that are timed: whole periods, as a round with the
second critic or a lazy penalty takes longer than the others."""

PATIENCE = 15.0
"""Seconds after which no more rounds are timed, on slow machines or with large pictures."""


def forecast(
    config: Config,
    data: Data,
    run: Run,
    device: Device,
    decisions: Sequence[Decision] = (),
    source: StartingPoint | None = None,
) -> str:
    """Time some steps on noise and describe the training and its cost; write nothing.

    Args:
        config: every knob.
        data: the training pictures; they are not prepared.
        run: the training's folder.
        device: where it would train.
        decisions: what was decided for `auto` knobs.
        source: the generator that it would start from, if any.
    """
    sides, beside = (config.model.width, config.model.height), run.folder.parent
    pictures = data.count(sides, config.data.fit, beside)
    known, batch = config.model.labels, config.training.batch_size
    any_labels = torch.arange(batch, device=device.device) % (known + 1)
    state = gan_state(config, device.device)
    _go_to_the_newest(state, run)
    begun = copy(state)
    usual = change(config, {"loss.warm_up": False})  # the long first round is not typical
    step = gan_step(usual, device, (lambda *_: any_labels) if known else None)
    shape = (batch, config.model.height, config.model.width, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    # Time whole rounds: several discriminator steps, then one of the generator.
    each, period = config.loss.discriminator_steps, rounds_until_repeated(config)
    state.steps -= state.steps % (each * period)

    def play() -> float:
        began = now()
        for _ in range(each):
            numbers = step(state, to_tensor(noise, device.device))
            state.steps, state.images = state.steps + 1, state.images + batch
        float(numbers["d_loss"])  # waits for the device
        return now() - began

    began, times = now(), [play()]
    most = WARM_UP + math.ceil(MEASURED / period) * period
    while len(times) < most and now() - began < PATIENCE:
        times.append(play())
    timed = len(times[WARM_UP:] or times)
    speed = each * batch / _seconds_of_a_round(times, config)
    weights = {
        name: sum(weight.numel() for weight in network.parameters()) / 1e6
        for name, network in state.networks.items()
    }
    there = counted(pictures, "picture") if pictures else "not prepared yet"
    rows = [
        f"data       {data.name}, {there}",
        f"run        {run.folder}{f', begun: {so_far(begun)}' if begun.images else ''}",
        *([f"begins     from {source.in_words(config)}"] if source else []),
        f"device     {device}",
        *(f"decided    {each.knob} = {each.value}: {each.why}" for each in decisions),
        f"weights    {' + '.join(f'{name} {count:.1f} M' for name, count in weights.items())}",
        f"speed      {_number(speed)} images/s, measured on {counted(timed * each, 'step')} "
        f"of noise",
        f"memory     {_peak(device.device)}",
        f"length     {_length(config, pictures, speed, begun)}",
        f"settings   those of {config.name} (`impasto recipes {config.name}` prints them), with",
    ]
    return "\n".join([*map(one_line, rows), _chosen(config)])


def _seconds_of_a_round(times: Sequence[float], config: Config) -> float:
    """The mean over a whole period, with the median of each kind of round.

    Args:
        times: seconds of each round from the beginning of a period; those of the warm-up count
            only where no other of their kind was timed.
        config: every knob.
    """
    period = rounds_until_repeated(config)
    kinds = [kind_of_round(number, config) for number in range(max(period, len(times)))]
    costs: dict[tuple[bool, int], float] = {}
    for kind in set(kinds[: len(times)]):
        own = [number for number in range(len(times)) if kinds[number] == kind]
        late = [number for number in own if number >= WARM_UP]
        costs[kind] = statistics.median(times[number] for number in late or own)
    typical = statistics.mean(costs.values())
    return statistics.mean(costs.get(kind, typical) for kind in kinds[:period])


def _number(speed: float) -> str:
    return f"{speed:.0f}" if speed >= 10 else f"{speed:.1f}"


def _judging(config: Config) -> str:
    if config.training.judge_every is None:
        return ""
    return f"; judging takes up to {config.training.judge_share:.0%} more, and the last judgement"


def _chosen(config: Config) -> str:
    """The size, and every knob that differs from the built-in recipe of that name, as YAML."""
    now_set = config.model_dump(mode="json")
    usual = load(config.name).model_dump(mode="json") if config.name in names() else now_set
    chosen: dict[str, dict[str, object]] = {"model": {"size": config.model.size}}
    for section, knobs in now_set.items():
        for knob, value in knobs.items() if isinstance(knobs, dict) else ():
            if value != usual[section][knob]:
                chosen.setdefault(section, {})[knob] = value
    return yaml.safe_dump(chosen, sort_keys=False)


def _peak(device: torch.device) -> str:
    """Memory at the peak of the steps so far: the GPU's if they ran there, else the process's."""
    if device.type == "cuda":
        used = torch.cuda.max_memory_allocated(device) / 2**30
        return f"{used:.1f} GiB of the GPU's at the peak of those steps"
    if sys.platform == "win32":
        return "not known on Windows"
    import resource  # Windows lacks it

    unit = 2**30 if sys.platform == "darwin" else 2**20  # bytes there, KiB on Linux
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return f"{used:.1f} GiB at the peak of those steps"


def _go_to_the_newest(state: State, run: Run) -> None:
    """Restore the newest checkpoint that can be read; leave broken ones in place."""
    for path in reversed(run.checkpoints()):
        with suppress(ImpastoError):
            state.restore(path)
            return


def _length(config: Config, pictures: int | None, speed: float, begun: State) -> str:
    training = config.training
    if training.epochs is not None and pictures is None:
        return f"{training.epochs:g} passes over the set{_judging(config)}"
    shown = len(split_rows(pictures, config.data.hold_out)[0]) if pictures else 0
    length = length_of(config, shown)
    if training.minutes is not None:
        whole = counted(training.minutes, "minute")
    else:
        whole = counted(length.images or 0, "image")
    if length.share(begun) >= 1:
        return f"{whole}, done already; a greater length goes on"
    if length.seconds is not None:
        seconds = length.seconds - begun.seconds
        left, cost = hms(seconds), f"{speed * seconds:,.0f} images"
    else:
        assert length.images is not None  # a length is in images or in seconds
        images = length.images - begun.images
        left, cost = f"{images:,}", hms(images / speed)
    rest = f", {left} of it left" if begun.images else ""
    return f"{whole}{rest}, about {cost}{_judging(config)}"
