"""A training's batches, its length, how it ended."""

import math
from dataclasses import dataclass
from pathlib import Path

from impasto.config import Config
from impasto.data.dataset import Dataset, split_rows
from impasto.data.loader import SIXFOLD, Batches
from impasto.train import labels
from impasto.train.loop import Length


@dataclass(frozen=True)
class Outcome:
    """How a training ended."""

    run: Path
    images: int
    minutes: float
    finished: bool
    """Whether it reached its length; if not, the same command goes on."""

    alarm: str | None = None
    """What made the guard stop it, if it did."""


def batches_of(config: Config, dataset: Dataset) -> Batches:
    """The batches of a training, without the pictures that it does not learn from."""
    return Batches(
        dataset.pictures,
        config.training.batch_size,
        config.training.seed,
        config.data.flip,
        config.data.sixfold,
        split_rows(len(dataset), config.data.hold_out)[0],
        labels.label_ids(dataset) if config.model.labels else None,
        config.data.replacement,
    )


def length_of(config: Config, count: int) -> Length:
    """The recipe's length in images or seconds; an epoch is one pass over `count` pictures."""
    training = config.training
    if training.minutes is not None:
        return Length(seconds=training.minutes * 60)
    if training.images is not None:
        return Length(images=training.images)
    assert training.epochs is not None  # the configuration has exactly one length
    positions = len(SIXFOLD) if config.data.sixfold else 1  # each makes the set larger
    return Length(images=math.ceil(training.epochs * count * positions))
