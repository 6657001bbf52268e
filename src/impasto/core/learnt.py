"""A run's record of its training set, `dataset.json`, and of its starting point, `from.json`.

Older files lack some entries; code that needs a missing one raises an error.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from impasto.core.files import read_json, write_json
from impasto.reading import Record, validated

LONGEST_NAME = 200
"""Longest name of the generator that a run started from."""

LARGEST_ORIGIN = 2**16

Count = Annotated[int, Field(ge=0, le=2**53)]


class LearntLabels(Record):
    """Labels that a run learns."""

    names: tuple[str, ...] = ()
    counts: tuple[Count, ...] = ()
    """Pictures of each label, and last those without one."""

    fingerprint: str | None = None
    """A digest of the labels of all pictures."""


class TrainingSetRecord(Record):
    """A run's `dataset.json`."""

    name: str | None = None
    fingerprint: str | None = None
    """A digest of all pixels; for stroke data, of all strokes."""

    count: Count | None = None
    width: Count | None = None
    height: Count | None = None
    folder: str | None = None
    """Its folder."""

    labels: LearntLabels | None = None


class Origin(Record):
    """A run's `from.json`: the generator that it started from."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    recipe: str | None = None
    data: str | None = None
    pictures: Count | None = None
    images: Count | None = None
    minutes: float | None = None
    fingerprint: str | None = None
    """A digest of its weights."""

    discriminator: bool | None = None
    """Whether its discriminator was taken over."""


def read_learnt(path: Path) -> TrainingSetRecord:
    """Read a run's `dataset.json`.

    Raises:
        ImpastoError: it is missing, or a value does not fit.
    """
    return validated(TrainingSetRecord, read_json(path, "a run's dataset.json"), str(path))


def read_origin(path: Path) -> Origin:
    """Read a run's `from.json`.

    Raises:
        ImpastoError: it is missing, or does not name a generator.
    """
    found: Any = read_json(path, "a run's from.json", limit=LARGEST_ORIGIN)
    return validated(Origin, found, f"{path}, which names what the run began from")


def write_record(path: Path, record: Record) -> None:
    """Write a record atomically."""
    write_json(path, record.model_dump(mode="json", exclude_none=True))
