"""What was found out about each file, on disk: an interruption loses a few files' work at most,
and a second run looks only at what has changed.

Thumbnails, textures and cut pictures are plain rows in growing files; `facts.jsonl` gets its
line once they are written, so a torn end is recognised and cut off.
"""

import io
import json
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from impasto.core.files import open_own, read_json, write_json, write_text
from impasto.core.images import Picture
from impasto.errors import ImpastoError
from impasto.prepare.examine import THUMB, Examined, Facts, Settings
from impasto.prepare.photographs import TEXTURE

FOLDER = ".workbench"
_FACTS, _THUMBS, _TEXTURES, _PICTURES = "facts.jsonl", "thumbs.u8", "textures.f16", "pictures.u8"
_SHAPE = (THUMB, THUMB, 3)


_SOURCE = "source.json"


def note_source(out: Path, source: Path) -> None:
    """Remember what a set is made of."""
    write_json(out / FOLDER / _SOURCE, str(source.resolve()))


def source_of(out: Path) -> Path | None:
    """What the set in `out` was made of the last time, if that is known."""
    try:
        found = read_json(out / FOLDER / _SOURCE, "a note on a source", 2**16)
    except (ImpastoError, OSError):
        return None
    return Path(found) if isinstance(found, str) and "\0" not in found else None


def check_own(out: Path, source: Path) -> None:
    """Refuse to replace a set that was made of another source of the same name.

    Raises:
        ImpastoError: so it was, and that source is there still.
    """
    other = source_of(out)
    if other is not None and other != source.resolve() and os.path.exists(other):  # noqa: PTH110
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
        self.facts: dict[str, Facts] = {}
        """The latest facts of each file, by name."""
        self._settings, self._textured = settings, textured
        self._row, self._picture = 0, 0
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
        for found in batch:
            self.facts[found.facts.file] = found.facts
            line = json.dumps(vars(found.facts), ensure_ascii=True) + "\n"
            self._open[_FACTS].write(line.encode())
        self._open[_FACTS].flush()

    def thumbs(self) -> NDArray[np.uint8]:
        """All thumbnails, (rows, 64, 64, 3); a memory map."""
        thumbs: NDArray[np.uint8] = self._rows(_THUMBS, np.uint8, _SHAPE, self._row)
        return thumbs

    def textures(self) -> NDArray[np.float16] | None:
        """All texture features, (rows, 1024); a memory map; None where none were made."""
        if not self._textured:
            return None
        textures: NDArray[np.float16] = self._rows(_TEXTURES, np.float16, (TEXTURE,), self._row)
        return textures

    def pictures(self, facts: Facts) -> list[Picture] | None:
        """The pictures cut out of a file; None if they are not here any more."""
        if facts.first_crop < 0 or facts.first_crop + facts.crops > self._picture:
            return None
        shape = (self._settings.height, self._settings.width, 3)
        every = self._rows(_PICTURES, np.uint8, shape, self._picture)
        return list(every[facts.first_crop : facts.first_crop + facts.crops])

    def forget_pictures(self) -> None:
        """The set holds them now; free the disk, and rewrite the facts without old lines."""
        lines = []
        for facts in self.facts.values():
            facts.first_crop = -1
            lines.append(json.dumps(vars(facts), ensure_ascii=True) + "\n")
        for file in self._open.values():
            file.close()
        write_text(self.folder / _FACTS, "".join(lines))
        (self.folder / _PICTURES).unlink()
        self._open, self._picture = {}, 0

    def _load(self) -> None:
        about = {**asdict(self._settings), "textured": self._textured, "version": 7}
        path = self.folder / "settings.json"
        if not path.is_file() or path.read_bytes() != _dumped(about):
            for name in (_FACTS, _THUMBS, _TEXTURES, _PICTURES):
                (self.folder / name).unlink(missing_ok=True)
            write_json(path, about)
        self._read_facts()
        shape = self._settings.height * self._settings.width * 3
        sizes = {_THUMBS: math.prod(_SHAPE) * self._row, _TEXTURES: 2 * TEXTURE * self._row}
        sizes[_PICTURES] = shape * self._picture
        for name in (_FACTS, _THUMBS, _TEXTURES, _PICTURES):
            file = open_own(self.folder / name, append=True)
            if name in sizes:  # rows whose facts were not written any more
                file.truncate(sizes[name])
            self._open[name] = file

    def _read_facts(self) -> None:
        path = self.folder / _FACTS
        sizes = [(_THUMBS, math.prod(_SHAPE)), (_TEXTURES, 2 * TEXTURE)]
        there = min(_size(self.folder / name) // each for name, each in sizes)
        each = self._settings.height * self._settings.width * 3
        cut = _size(self.folder / _PICTURES) // each
        good = 0
        with path.open("rb") if path.is_file() else io.BytesIO() as lines:
            for line in lines:
                try:
                    facts = _SOUND.validate_json(line, strict=True)
                except ValidationError:
                    break  # torn by an interruption: this file is simply looked at again
                if not line.endswith(b"\n") or not _fits(facts, there):
                    break
                good += len(line)
                self._learn(facts, cut)
        if path.is_file():
            with open_own(path, append=True) as file:
                file.truncate(good)

    def _learn(self, facts: Facts, cut: int) -> None:
        """Take facts over from disk; `cut` pictures are there."""
        if facts.first_crop + facts.crops > cut:
            facts.first_crop = -1
        self.facts[facts.file] = facts
        self._row = max(self._row, facts.rows.stop)
        if facts.first_crop >= 0:
            self._picture = max(self._picture, facts.first_crop + facts.crops)

    def _rows(self, name: str, kind: Any, shape: tuple[int, ...], rows: int) -> Any:
        if not rows:
            return np.empty((0, *shape), dtype=kind)
        return np.memmap(self.folder / name, dtype=kind, mode="r", shape=(rows, *shape))


_SOUND = TypeAdapter(Facts)


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
