"""What a run says of its beginning: `dataset.json` (what it learns from) and `from.json`.

Files of earlier versions lack some of it; whoever needs more than is there says so.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from impasto.core.files import read_json, write_json
from impasto.reading import Record, validated

LONGEST_NAME = 200
"""Of the generator that a run began from."""

LARGEST_ORIGIN = 2**16

Count = Annotated[int, Field(ge=0, le=2**53)]


class LearntLabels(Record):
    """Labels that a run learns."""

    names: tuple[str, ...] = ()
    counts: tuple[Count, ...] = ()
    """How many pictures have each, and last how many have none."""

    fingerprint: str | None = None
    """Of which picture has which."""


class TrainingSetRecord(Record):
    """A run's `dataset.json`."""

    name: str | None = None
    fingerprint: str | None = None
    """Over all pixels; of stroke data over all strokes."""

    count: Count | None = None
    width: Count | None = None
    height: Count | None = None
    folder: str | None = None
    """Where it lay."""

    labels: LearntLabels | None = None


class Origin(Record):
    """A run's `from.json`: the generator that it began from."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    recipe: str | None = None
    data: str | None = None
    pictures: Count | None = None
    images: Count | None = None
    minutes: float | None = None
    fingerprint: str | None = None
    """Of its weights."""

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
    """Write what is known of it, atomically."""
    write_json(path, record.model_dump(mode="json", exclude_none=True))
