"""The set of the run before: its pictures need not be cut again, where they are what they were."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import say
from impasto.core.images import Picture
from impasto.core.tables import LARGE, scan_table
from impasto.data.dataset import INDEX, is_dataset, is_index_as_written, read_index
from impasto.data.description import describe_dataset
from impasto.data.shards import is_sound, open_shard
from impasto.errors import ImpastoError
from impasto.prepare.decisions import FILE
from impasto.prepare.examine import Facts
from impasto.prepare.facts_file import FactsOf


@dataclass
class OldSet:
    """Pictures by the number of the file that they were cut out of: two numbers a file."""

    parts: list[tuple[int, NDArray[np.uint8]]] = field(default_factory=list)
    """Sound shards, and the row of the set that each begins with."""
    first: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """The row of each file's first picture; −1 where there is none of this content."""
    count: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    step: int = 1
    """Rows from one picture of a file to the next: its turns lie between."""

    @classmethod
    def open(cls, out: Path, digest: str, facts: FactsOf) -> Self:
        """Read what is there of the set in `out`; a shard that is bad is named and left out.

        Args:
            out: the set's folder.
            digest: of the settings; under others pictures are cut anew.
            facts: of the files of this run.
        """
        found = cls()
        if not is_dataset(out):
            return found
        try:
            about = describe_dataset(out)
            if about.made_with.get("digest") != digest:
                return found
            if not is_index_as_written(out, about):  # it may name the wrong files
                say(
                    f"{out / INDEX} is not what was written: all pictures are cut out of their "
                    "files again.",
                    style="yellow",
                )
                return found
            found._find(out, facts)
        except (ImpastoError, OSError, KeyError, ValueError, csv.Error):
            return cls()
        first = 0
        for shard in about.files:
            try:
                pictures = open_shard(out, shard, about.height, about.width)
                if not is_sound(pictures, shard):
                    raise ImpastoError(f"{out / shard.file} is not what was written.")
                found.parts.append((first, pictures))
            except ImpastoError as error:
                why = str(error).partition(";")[0].rstrip(".")
                say(f"{why}: its pictures are cut out of their files again.", style="yellow")
            first += shard.count
        return found

    def pictures(self, number: int, facts: Facts) -> list[Picture] | None:
        """The pictures of the file of that number, if they are sound."""
        if number >= len(self.first) or self.first[number] < 0:
            return None
        if self.count[number] != facts.crops:
            return None
        rows = range(facts.crops)
        mine = (self._at(int(self.first[number]) + self.step * row) for row in rows)
        found = [picture for picture in mine if picture is not None]
        return found if len(found) == facts.crops else None

    def _find(self, out: Path, facts: FactsOf) -> None:
        numbers = {name: number for number, name in enumerate(facts.names)}
        same = np.zeros(len(numbers), bool)
        for row in scan_table(out / FILE, "a list of decisions", ("file", "sha256"), _LARGEST):
            number = numbers.get(row["file"])
            # The content that it was cut out of, unless the table has lost it.
            if number is not None and row["sha256"]:
                same[number] = facts[number].sha256 == row["sha256"].strip().lower()
        self.first = np.full(len(numbers), -1, np.int64)
        self.count = np.zeros(len(numbers), np.int32)
        for row in self._rows(out):
            number = numbers.get(row["file"])
            if number is None or not same[number]:
                continue
            place = int(row["row"])
            if self.first[number] < 0:
                self.first[number] = place
            elif self.count[number] == 1:
                self.step = place - int(self.first[number])
            self.count[number] += 1

    @staticmethod
    def _rows(out: Path) -> Iterator[dict[str, str]]:
        rows: Iterable[dict[str, str]]
        small = (out / INDEX).stat().st_size <= LARGE
        needed = ("row", "file")
        rows = read_index(out) if small else scan_table(out / INDEX, "an index", needed, _LARGEST)
        return (row for row in rows if row.get("turn", "") == "")

    def _at(self, row: int) -> Picture | None:
        return next((p[row - first] for first, p in self.parts if 0 <= row - first < len(p)), None)


_LARGEST = 2**36
