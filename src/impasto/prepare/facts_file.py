"""Facts of a million files, on disk: lines that are appended, the last one of a name counts.

In memory is only where each name's line begins, some 200 bytes a file.
"""

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from impasto.core.files import atomic_writer, open_own
from impasto.prepare.examine import Facts

_SOUND = TypeAdapter(Facts)
_LONGEST = 2**20
"""Bytes of a line: a name may be long, and a detail."""


class FactsFile(Mapping[str, Facts]):
    """The latest facts of each file, by name; each look reads and checks them anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at: dict[str, int] = {}
        self._lock = threading.Lock()
        self._append: BinaryIO | None = None
        self._read: BinaryIO | None = None
        self._end = 0

    def load(self, sound: Callable[[Facts], bool], learn: Callable[[Facts], None]) -> None:
        """Read all there is, up to the first line that is torn or cannot be true.

        Args:
            sound: tells whether facts can be.
            learn: is given each facts, in the order in which they were written.
        """
        good = 0
        if self._path.is_file():
            with self._path.open("rb") as lines:
                while (line := lines.readline(_LONGEST)).endswith(b"\n"):
                    try:
                        facts = _SOUND.validate_json(line, strict=True)
                    except ValidationError:
                        break  # torn by an interruption: this file is simply looked at again
                    if not sound(facts):
                        break
                    self._at[sys.intern(facts.file)] = good
                    good += len(line)
                    learn(facts)
        self._append = open_own(self._path, append=True)
        self._append.truncate(good)
        self._append.seek(good)
        self._end = good
        self._read = self._path.open("rb")

    def add(self, batch: Iterable[Facts]) -> None:
        """Write facts down; they take the place of those of the same names."""
        assert self._append is not None  # it was loaded
        with self._lock:
            for facts in batch:
                line = _line(facts)
                self._append.write(line)
                self._at[sys.intern(facts.file)] = self._end
                self._end += len(line)
            self._append.flush()

    def rewrite(self, change: Callable[[Facts], None]) -> None:
        """Change all facts, and drop the lines that no longer count; the file is closed then."""
        with atomic_writer(self._path) as file:
            for facts in self.values():
                change(facts)
                file.write(_line(facts))
            self.close()  # before it is replaced: Windows replaces no open file

    def close(self) -> None:
        """Close; what was added stays."""
        for file in (self._append, self._read):
            if file is not None:
                file.close()
        self._append = self._read = None

    def __getitem__(self, name: str) -> Facts:
        at = self._at[name]
        with self._lock:
            assert self._read is not None  # it was loaded
            self._read.seek(at)
            line = self._read.readline(_LONGEST)
        return _SOUND.validate_json(line)

    def __contains__(self, name: object) -> bool:
        return name in self._at

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)


class FactsOf(Sequence[Facts]):
    """Facts of some names in their order, read as they are asked for."""

    def __init__(self, names: Sequence[str], known: Mapping[str, Facts]) -> None:
        self.names, self._known = names, known
        self.instead: dict[str, Facts] = {}
        """What stands instead of what was found out: of files that were lost, or have vanished."""

    def __getitem__(self, number: int) -> Facts:  # type: ignore[override]  # no slices are asked for
        return self.of(self.names[number])

    def of(self, name: str) -> Facts:
        """Facts by name."""
        return self.instead.get(name) or self._known[name]

    def __len__(self) -> int:
        return len(self.names)


def _line(facts: Facts) -> bytes:
    return (json.dumps(vars(facts), ensure_ascii=True) + "\n").encode()
