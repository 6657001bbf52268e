"""Training with labels: what the data calls its pictures, and what a run remembers of it.

A label is a number to the networks, its place in `Dataset.labels`; a picture without one has the
number behind the last. Samples are painted under the labels of the originals of the same batch,
and judged under labels drawn as often, so that KID compares like with like.
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
"""Pictures below which a label is spoken of: they are soon known by heart."""

MOST_TOLD = 6
"""Labels that one sentence names."""


def requested_count(data: Data, run: Run) -> int:
    """How many labels `--conditional` means: those that the run knows, or else that DATA has.

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
        config: as settled.
        dataset: what is learnt from.
        run: where.
        conditional: whether the data decides; if not, the recipe does.

    Raises:
        ImpastoError: the recipe, or the run so far, knows another number of labels.
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
    """The number of each picture's label: (N,), from 0 to the number of labels, which is none."""
    assert dataset.label_of is not None  # asked only where there are labels
    return np.where(dataset.label_of < 0, len(dataset.labels), dataset.label_of)


def counts(config: Config, dataset: Dataset) -> tuple[int, ...]:
    """How many pictures of each label are trained on, then how many without; () without labels."""
    if not config.model.labels:
        return ()
    shown = label_ids(dataset)[split_rows(len(dataset), config.data.hold_out)[0]]
    return tuple(np.bincount(shown, minlength=len(dataset.labels) + 1).tolist())


def describe(config: Config, dataset: Dataset) -> LearntLabels | None:
    """What a run's `dataset.json` holds of the labels: None, unless they are learnt.

    Raises:
        ImpastoError: the networks know another number of labels than the data has.
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
    """Refuse to go on when pictures are called otherwise than before.

    Args:
        known: the run's `dataset.json`.
        now: what it would be now.
        run: it.

    Raises:
        ImpastoError: names, or which picture has which, have changed.
    """
    before, after = (about.labels or LearntLabels() for about in (known, now))
    parts = [before.names == after.names, before.fingerprint == after.fingerprint]
    if not all(parts):
        what = "other pictures behind its labels" if parts[0] else "other labels"
        raise ImpastoError(
            f"{run.folder} began with {what}; bring those back, or choose another --out for these."
        )


def warn_small(config: Config, dataset: Dataset) -> list[str]:
    """What one should know of the labels before a training: a sentence each, or none."""
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
