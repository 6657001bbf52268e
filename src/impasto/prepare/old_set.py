"""The set of the run before: its pictures need not be cut again, where they are what they were."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import say
from impasto.core.images import Picture
from impasto.data.dataset import DESCRIPTION, describe_dataset, is_dataset, read_index
from impasto.data.shards import is_sound, open_shard, shards_of
from impasto.errors import ImpastoError
from impasto.prepare.decisions import Decision
from impasto.prepare.examine import Facts


@dataclass
class OldSet:
    """Pictures by the name and the SHA-256 of the file that they were cut out of."""

    parts: list[tuple[int, NDArray[np.uint8]]] = field(default_factory=list)
    """Sound shards, and the row of the set that each begins with."""
    rows: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    @classmethod
    def open(cls, out: Path, digest: str, before: list[Decision]) -> Self:
        """Read what is there of the set in `out`; a shard that is bad is named and left out.

        Args:
            out: the set's folder.
            digest: of the settings; under others pictures are cut anew.
            before: the decisions that the set was made by.
        """
        found = cls()
        if not is_dataset(out):
            return found
        try:
            about = describe_dataset(out)
            shards = shards_of(about, str(out / DESCRIPTION))
            options = about.get("options")
            if not isinstance(options, dict) or options.get("digest") != digest:
                return found
            hashes = {each.file: each.sha256 for each in before if each.kept}
            for row in read_index(out):
                if row.get("turn", "") == "":
                    key = row["file"], hashes.get(row["file"], "")
                    found.rows.setdefault(key, []).append(int(row["row"]))
        except (ImpastoError, KeyError, ValueError):
            return cls()
        first = 0
        for shard in shards:
            try:
                pictures = open_shard(out, shard, about["height"], about["width"])
                if not is_sound(pictures, shard):
                    raise ImpastoError(f"{out / shard.file} is not what was written.")
                found.parts.append((first, pictures))
            except ImpastoError as error:
                why = str(error).partition(";")[0].rstrip(".")
                say(f"{why}: its pictures are cut out of their files again.", style="yellow")
            first += shard.count
        return found

    def pictures(self, facts: Facts) -> list[Picture] | None:
        """A file's pictures, if they were cut out of this content and are sound."""
        mine = self.rows.get((facts.file, facts.sha256), [])
        found = [picture for row in mine if (picture := self._at(row)) is not None]
        return found if len(found) == facts.crops else None

    def _at(self, row: int) -> Picture | None:
        return next((p[row - first] for first, p in self.parts if 0 <= row - first < len(p)), None)
