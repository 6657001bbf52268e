"""What was found out about each file, on disk: a second run looks only at what has changed.

An interruption loses what the workers have found out and is not written yet: at most 128 files a
core.

Thumbnails, textures and cut pictures are plain rows in growing files; `facts.jsonl` gets its
line once they are written, so a torn end is recognised and cut off.
"""

import json
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from impasto.core.files import open_own, read_json, write_json
from impasto.core.images import Picture
from impasto.errors import ImpastoError
from impasto.prepare.examine import THUMB, Examined, Facts, Settings
from impasto.prepare.facts_file import FactsFile
from impasto.prepare.listing import exists
from impasto.prepare.photographs import TEXTURE
from impasto.prepare.remote import is_remote

FOLDER = ".workbench"
_FACTS, _THUMBS, _TEXTURES, _PICTURES = "facts.jsonl", "thumbs.u8", "textures.f16", "pictures.u8"
_SHAPE = (THUMB, THUMB, 3)


_SOURCE = "source.json"


def note_source(out: Path, source: Path | str) -> None:
    """Remember what a set is made of."""
    write_json(out / FOLDER / _SOURCE, _whole(source))


def _whole(source: Path | str) -> str:
    return str(source) if is_remote(str(source)) else str(Path(source).resolve())


def source_of(out: Path) -> Path | None:
    """The path that the set in `out` was made of the last time, if that is known."""
    found = _noted(out)
    return None if found is None or is_remote(found) else Path(found)


def _noted(out: Path) -> str | None:
    try:
        found = read_json(out / FOLDER / _SOURCE, "a note on a source", 2**16)
    except (ImpastoError, OSError):
        return None
    return found if isinstance(found, str) and "\0" not in found else None


def check_own(out: Path, source: Path | str) -> None:
    """Refuse to replace a set that was made of another source of the same name.

    Raises:
        ImpastoError: so it was, and that source is there still.
    """
    other = _noted(out)
    if other is not None and other != _whole(source) and exists(other):
        raise ImpastoError(
            f"{out} was made of {other}; name another folder for {source} with --out, or replace "
            f"that set with --out {out}."
        )


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Hold a set for one writer, a review that waits for clicks included.

    Raises:
        ImpastoError: another one holds it.
    """
    try:
        with FileLock(out / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise ImpastoError(
            f"Another impasto prepare is at work in {out}, or its review page is open; "
            "wait for it, or name another --out."
        ) from error


class Workbench:
    """The store; use it as a context manager, which holds a lock against a second run."""

    def __init__(self, out: Path, settings: Settings, textured: bool) -> None:
        self.folder = out / FOLDER
        self.facts = FactsFile(self.folder / _FACTS)
        """The latest facts of each file, by name."""
        self._settings, self._textured = settings, textured
        self._row, self._picture = 0, 0
        self._lost: set[str] = set()
        """Files whose facts tell of pictures that are not here any more."""
        self._alone = ExitStack()
        self._open: dict[str, BinaryIO] = {}

    def __enter__(self) -> Self:
        """Take the lock and read what is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._alone.enter_context(alone(self.folder.parent))
        self._load()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close everything; what was added stays."""
        for file in self._open.values():
            file.close()
        self.facts.close()
        self._alone.close()

    def add(self, batch: Sequence[Examined], textures: NDArray[np.float32] | None) -> None:
        """Keep some files' facts.

        Args:
            batch: what the workers found out.
            textures: (N, 1024) for those of the batch that have a view, in order.
        """
        rows = iter(textures if textures is not None else ())
        for found in batch:
            if found.thumbs is not None:
                found.facts.row, found.facts.first_crop = self._row, self._picture
                self._open[_THUMBS].write(found.thumbs.tobytes())
                texture = np.zeros((len(found.thumbs), TEXTURE))
                texture[0] = next(rows, texture[0])
                self._open[_TEXTURES].write(np.asarray(texture, dtype=np.float16).tobytes())
                for picture in found.pictures:
                    self._open[_PICTURES].write(np.ascontiguousarray(picture).tobytes())
                self._row += len(found.thumbs)
                self._picture += len(found.pictures)
        for name in (_THUMBS, _TEXTURES, _PICTURES):
            self._open[name].flush()
        self.facts.add(found.facts for found in batch)
        self._lost.difference_update(found.facts.file for found in batch)

    def thumbs(self) -> "Rows":
        """All thumbnails, (rows, 64, 64, 3)."""
        return Rows(self.folder / _THUMBS, np.dtype(np.uint8), _SHAPE, self._row)

    def textures(self) -> "Rows | None":
        """All texture features, (rows, 1024); None where none were made."""
        if not self._textured:
            return None
        return Rows(self.folder / _TEXTURES, np.dtype(np.float16), (TEXTURE,), self._row)

    def pictures(self, facts: Facts) -> list[Picture] | None:
        """The pictures cut out of a file; None if they are not here any more."""
        beyond = facts.first_crop + facts.crops > self._picture
        if facts.first_crop < 0 or beyond or facts.file in self._lost:
            return None
        shape = (self._settings.height, self._settings.width, 3)
        every = Rows(self.folder / _PICTURES, np.dtype(np.uint8), shape, self._picture)
        return list(every[range(facts.first_crop, facts.first_crop + facts.crops)])

    def forget_pictures(self) -> None:
        """The set holds them now; free the disk, and rewrite the facts without old lines."""
        for file in self._open.values():
            file.close()
        self.facts.rewrite(_forget)
        (self.folder / _PICTURES).unlink()
        self._open, self._picture = {}, 0

    def _load(self) -> None:
        about = {**asdict(self._settings), "textured": self._textured, "version": 7}
        path = self.folder / "settings.json"
        if not path.is_file() or path.read_bytes() != _dumped(about):
            for name in (_FACTS, _THUMBS, _TEXTURES, _PICTURES):
                (self.folder / name).unlink(missing_ok=True)
            write_json(path, about)
        sizes = [(_THUMBS, math.prod(_SHAPE)), (_TEXTURES, 2 * TEXTURE)]
        there = min(_size(self.folder / name) // each for name, each in sizes)
        each = self._settings.height * self._settings.width * 3
        cut = _size(self.folder / _PICTURES) // each
        self.facts.load(lambda facts: _fits(facts, there), lambda facts: self._learn(facts, cut))
        sizes = [
            *((name, size * self._row) for name, size in sizes),
            (_PICTURES, each * self._picture),
        ]
        for name, size in sizes:  # rows whose facts were not written any more
            self._open[name] = open_own(self.folder / name, append=True)
            self._open[name].truncate(size)

    def _learn(self, facts: Facts, cut: int) -> None:
        """Take facts over from disk; `cut` pictures are there."""
        self._row = max(self._row, facts.rows.stop)
        if facts.first_crop + facts.crops > cut:
            self._lost.add(facts.file)
            return
        self._lost.discard(facts.file)
        if facts.first_crop >= 0:
            self._picture = max(self._picture, facts.first_crop + facts.crops)


class Rows:
    """Rows of equal size in a file, read when they are asked for: one, or an array of them."""

    def __init__(
        self, path: Path, kind: "np.dtype[Any]", shape: tuple[int, ...], count: int
    ) -> None:
        self._path, self._kind, self._row, self._count = path, kind, shape, count
        self._bytes = math.prod(shape) * kind.itemsize
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return (self._count, *self._row)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rows: int | Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[Any]:
        if isinstance(rows, (int, np.integer)):
            return np.asarray(self._at(int(rows), 1)[0])
        numbers = np.asarray(rows, dtype=np.int64)
        found = np.empty((len(numbers), *self._row), self._kind)
        # Neighbours are read at once.
        ends = [*(np.flatnonzero(np.diff(numbers) != 1) + 1), len(numbers)]
        start = 0
        for end in ends if len(numbers) else []:
            found[start:end] = self._at(int(numbers[start]), end - start)
            start = end
        return found

    def _at(self, row: int, count: int) -> NDArray[Any]:
        if not 0 <= row <= self._count - count:
            raise IndexError(f"row {row} of {self._count} in {self._path}")
        with self._lock:
            if self._file is None:
                self._file = self._path.open("rb", buffering=0)
            self._file.seek(row * self._bytes)
            content = bytearray(count * self._bytes)
            read = self._file.readinto(content)  # type: ignore[attr-defined]
        if read != len(content):
            raise ImpastoError(f"{self._path} is cut off; give the same command again.")
        found: NDArray[Any] = np.frombuffer(content, self._kind).reshape(count, *self._row)
        return found

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()


def _forget(facts: Facts) -> None:
    facts.first_crop = -1


def _fits(facts: Facts, rows: int) -> bool:
    """Whether numbers are possible ones, whoever wrote them."""
    seen = facts.row >= 0
    return (
        facts.row >= -1
        and facts.rows.stop <= rows
        and seen == (not facts.reason)
        and len(facts.trimmed) in (0, 4)
        and all(0 <= share <= 1 for share in facts.trimmed)
        and facts.first_crop >= -1
        and (not seen or _has_pixels(facts))
    )


def _has_pixels(facts: Facts) -> bool:
    sides = facts.width, facts.height
    return min(*sides, facts.crops) > 0 and max(sides) < 2**31 and min(facts.inner) > 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _dumped(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
