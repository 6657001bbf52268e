"""The blind wall: samples and originals shuffled, and a person who says which are which.

No number sees what a person sees, so this one decides. What is kept beside a run: the key of the
wall (`blind-key.json`) and what each sitting said (`blind-1.json` and on).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from impasto.core.console import counted, one_line
from impasto.core.files import read_json
from impasto.errors import ImpastoError
from impasto.reading import Record

KEY, ANSWERS = "blind-key.json", "blind-{}.json"

LEAST, MOST = 5, 500
"""Samples on a wall, and as many originals."""

LONGEST_NAME = 300

_MOST_BYTES = 2**20
_SURE = 1.959964
"""Standard deviations of the interval: 95 %."""


class Shown(Record):
    """One picture of a wall."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(max_length=LONGEST_NAME)]
    """`seed 20000003`, or an original's name."""

    generated: bool


class Key(Record):
    """Which pictures of a wall are samples, in the order shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["impasto-blind-key"] = "impasto-blind-key"
    wall: Annotated[str, Field(max_length=64)]
    """Names the wall: of other pictures it is another one."""

    origin: Annotated[str, Field(max_length=LONGEST_NAME)]
    """Which snapshot painted the samples."""

    shown: Annotated[tuple[Shown, ...], Field(min_length=2, max_length=2000)]

    @field_validator("shown")
    @classmethod
    def _both_kinds(cls, shown: tuple[Shown, ...]) -> tuple[Shown, ...]:
        if len({each.generated for each in shown}) < 2:
            raise ValueError("a wall shows samples and originals")
        return shown


class Sitting(Record):
    """What one person said, picture by picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["impasto-blind"] = "impasto-blind"
    wall: Annotated[str, Field(max_length=64)]
    said: Annotated[tuple[Literal["real", "generated"], ...], Field(max_length=2000)]


@dataclass(frozen=True)
class Share:
    """A share of answers with its 95 % interval."""

    part: int
    whole: int
    sittings: int = 1
    """How often each picture was asked about: answers about the same pictures are not
    independent, so only different pictures narrow the interval."""

    @property
    def value(self) -> float:
        """Part of the whole, 0 to 1."""
        return self.part / self.whole

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval (1927), which holds for small numbers and at 0 and 1 too."""
        n, p, z = self.whole / self.sittings, self.value, _SURE
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def __str__(self) -> str:
        """`7 of 40 (18 %, between 9 and 32 %)`."""
        low, high = self.interval
        return (
            f"{self.part} of {self.whole} ({100 * self.value:.0f} %, "
            f"between {100 * low:.0f} and {100 * high:.0f} %)"
        )


@dataclass(frozen=True)
class Outcome:
    """What all sittings in front of one wall said together."""

    sittings: int
    taken_for_real: Share
    """Samples that were called real."""

    called_generated: Share
    """Originals that were called generated: how strict the eyes were."""

    fooled: tuple[str, ...]
    """Samples that at least half of the sittings took for real."""

    @property
    def words(self) -> str:
        """One sentence or two."""
        people = counted(self.sittings, "sitting")
        return (
            f"Blind, {people}: {self.taken_for_real} of the samples were taken for real; "
            f"of the originals {self.called_generated} were called generated."
        )


def outcome(key: Key, sittings: Sequence[Sitting]) -> Outcome | None:
    """Count the sittings in front of the wall of `key`; None if there was none."""
    heard = [each.said for each in sittings if _fits(key, each)]
    if not heard:
        return None
    taken = refused = samples = originals = 0
    fooled = []
    for place, shown in enumerate(key.shown):
        real = sum(said[place] == "real" for said in heard)
        if shown.generated:
            samples, taken = samples + len(heard), taken + real
            if 2 * real >= len(heard):
                fooled.append(shown.name)
        else:
            originals, refused = originals + len(heard), refused + len(heard) - real
    times = len(heard)
    return Outcome(
        times, Share(taken, samples, times), Share(refused, originals, times), tuple(fooled)
    )


def read_outcome(folder: Path, origin: str | None = None) -> Outcome | None:
    """What was said in front of the wall that lies in `folder`; None if nothing was.

    Args:
        folder: of the key and the answers.
        origin: which snapshot is meant; answers about another one do not count. None for any.

    Raises:
        ImpastoError: a file there is not what it should be.
    """
    if not (folder / KEY).is_file():
        return None
    key = read_key(folder / KEY)
    if origin is not None and key.origin != shortened(origin):
        return None
    files = sorted(folder.glob(ANSWERS.format("*")))
    return outcome(key, [_read(file, Sitting) for file in files if file.name != KEY])


def shortened(text: str) -> str:
    """A name as a key may hold it, whatever bytes a file's name has."""
    return one_line(text)[:LONGEST_NAME]


def place_of(checkpoint: str) -> str:
    """The folder inside a run where what was found of a snapshot lies, a wall's answers too."""
    return "evaluation" if checkpoint == "best" else f"evaluation-{checkpoint}"


def read_key(path: Path) -> Key:
    """The key of a wall.

    Raises:
        ImpastoError: the file is not one.
    """
    return _read(path, Key)


def next_answers(folder: Path) -> Path:
    """Where the next sitting is written: no earlier one is touched."""
    number = 1
    while (folder / ANSWERS.format(number)).exists():
        number += 1
    return folder / ANSWERS.format(number)


Kind = TypeVar("Kind", bound=BaseModel)


def _fits(key: Key, sitting: Sitting) -> bool:
    return sitting.wall == key.wall and len(sitting.said) == len(key.shown)


def _read(path: Path, kind: type[Kind]) -> Kind:
    try:
        return kind.model_validate(read_json(path, "answers to a blind wall", _MOST_BYTES))
    except ValidationError as error:
        raise ImpastoError(
            f"{path} is not what impasto evaluate --blind writes; move it away."
        ) from error
