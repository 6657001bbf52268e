"""Training with labels: the labels of the data, and what a run stores of them.

To the networks a label is a number, its index in `Dataset.labels`; a picture without a label has
the next number after the last. Samples get the labels of the originals in their batch, and are
judged under labels drawn with the same frequencies, so that KID compares like with like.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from impasto.config import Config, change
from impasto.core.console import counted
from impasto.core.learnt import LearntLabels, TrainingSetRecord
from impasto.core.runs import Run
from impasto.data.dataset import Dataset, split_rows
from impasto.errors import ImpastoError
from impasto.prepare.source import Data

FEW = 50
"""A label with fewer pictures gets a warning: so few are soon memorised."""

MOST_TOLD = 6
"""Most labels that one message names."""


def requested_count(data: Data, run: Run) -> int:
    """How many labels `--conditional` stands for: the run's, or else those of DATA.

    Raises:
        ImpastoError: the run began without labels, or the data has none.
    """
    if run.begun is not None:
        known = run.begun.model.labels
        if not known:
            raise ImpastoError(
                f"{run.folder} began without labels; leave out --conditional to go on, or choose "
                "another --out to begin with them."
            )
        return known
    count = len(data.labels)
    if not count:
        raise _none(data.name)
    return count


def match_dataset(config: Config, dataset: Dataset, run: Run, conditional: bool) -> Config:
    """The configuration with as many labels as the prepared set has.

    Preparing may have dropped all pictures of a label that `requested_count` counted.

    Args:
        config: every knob.
        dataset: the prepared set.
        run: the training's folder.
        conditional: whether the data decides the number; if not, the recipe does.

    Raises:
        ImpastoError: the recipe or the run so far has another number of labels.
    """
    known, there = config.model.labels, len(dataset.labels)
    if not known or known == there:
        return config
    if conditional and not there:
        raise _none(dataset.name)
    if run.recipe.exists():
        raise ImpastoError(
            f"{run.folder} began with {counted(known, 'label')}, and the pictures have {there} "
            f"now; bring "
            "those back, or choose another --out."
        )
    if not conditional:
        raise ImpastoError(
            f"The networks are for {counted(known, 'label')}, by the recipe or by --from, and "
            f"{dataset.name!r} has {there}; --conditional without those takes as many as there are."
        )
    return change(config, {"model.labels": there}, "--conditional")


def label_ids(dataset: Dataset) -> NDArray[np.int64]:
    """The label id of each picture, (N,); the number of labels stands for "no label"."""
    assert dataset.label_of is not None  # only called with labels
    return np.where(dataset.label_of < 0, len(dataset.labels), dataset.label_of)


def counts(config: Config, dataset: Dataset) -> tuple[int, ...]:
    """Training pictures of each label, then those without a label; () for a training without."""
    if not config.model.labels:
        return ()
    shown = label_ids(dataset)[split_rows(len(dataset), config.data.hold_out)[0]]
    return tuple(np.bincount(shown, minlength=len(dataset.labels) + 1).tolist())


def describe(config: Config, dataset: Dataset) -> LearntLabels | None:
    """The labels as a run's `dataset.json` stores them; None for a training without.

    Raises:
        ImpastoError: the networks have another number of labels than the data.
    """
    if not config.model.labels:
        return None
    if len(dataset.labels) != config.model.labels:
        raise ImpastoError(
            f"model.labels is {config.model.labels}, but {dataset.name!r} has "
            f"{counted(len(dataset.labels), 'label')}; set it to that, or to 0."
        )
    digest = hashlib.sha256(label_ids(dataset).astype("<i8").tobytes()).hexdigest()
    return LearntLabels(names=dataset.labels, counts=counts(config, dataset), fingerprint=digest)


def check_same(known: TrainingSetRecord, now: TrainingSetRecord, run: Run) -> None:
    """Refuse to resume if the labels of the pictures have changed.

    Args:
        known: the run's `dataset.json`.
        now: the same record made now.
        run: the run.

    Raises:
        ImpastoError: the labels' names or the pictures' labels have changed.
    """
    before, after = (about.labels or LearntLabels() for about in (known, now))
    parts = [before.names == after.names, before.fingerprint == after.fingerprint]
    if not all(parts):
        what = "other pictures behind its labels" if parts[0] else "other labels"
        raise ImpastoError(
            f"{run.folder} began with {what}; bring those back, or choose another --out for these."
        )


def warn_small(config: Config, dataset: Dataset) -> list[str]:
    """Warnings about the labels before a training, a sentence each."""
    if not config.model.labels:
        return []
    names, said = dataset.labels, []
    if len(names) == 1:
        said.append(
            f"There is one label, {names[0]}, so there is nothing to tell apart: put the pictures "
            "of each label into a sub-folder of its own, or leave out --conditional."
        )
    of_each = counts(config, dataset)[:-1]
    if few := [(n, name) for n, name in zip(of_each, names, strict=False) if n < FEW]:
        named = ", ".join(f"{name} ({n})" for n, name in sorted(few)[:MOST_TOLD])
        more = f" and {len(few) - MOST_TOLD} more" if len(few) > MOST_TOLD else ""
        said.append(
            f"Labels with fewer than {FEW} pictures: {named}{more}; what is painted under them "
            "will be near to those few, or to the other labels."
        )
    return said


def _none(data: str) -> ImpastoError:
    return ImpastoError(
        f"--conditional needs labels and {data} has none; put the pictures of each label into a "
        "sub-folder of that name, or leave it out."
    )
