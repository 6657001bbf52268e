"""Which page of a TIFF is the picture: the first, or the largest full one where that is reduced.

Programs that keep a small copy for quick views put it first now and then, and say so by a tag.
The page that is wanted is given to every reader as the first: the header points to it.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from impasto.data.decode.verdict import NOT_READ, Unreadable

MOST_PAGES = 256
"""Pages that are looked through."""

_MOST_ENTRIES = 4_096
_SUBTYPE, _OLD_SUBTYPE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _SUBFILES = 254, 255, 256, 257, 262, 330
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
_RAW = (32_803, 34_892)
"""Photometric of what a camera's sensor saw."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}
"""Of a field's type its bytes; of whole numbers only."""


@dataclass(frozen=True)
class _Form:
    """How offsets are written: in a TIFF of four bytes each, in a BigTIFF of eight."""

    order: str
    big: bool

    @property
    def word(self) -> str:
        return f"{self.order}{'Q' if self.big else 'I'}"

    @property
    def place(self) -> int:
        """Where the header says where the first page is."""
        return 8 if self.big else 4


def full_picture_first(file: BinaryIO) -> BinaryIO:
    """The same TIFF, its largest full picture as its first page if the first is a reduced copy.

    Raises:
        Unreadable: the full picture is what a camera's sensor saw.
    """
    file.seek(0)
    head = file.read(16)
    form = _Form(">" if head.startswith(b"MM") else "<", b"+" in head[2:4])
    pages = list(_pages(file, form, head))
    file.seek(0)
    if not pages or not _is_reduced(pages[0][1]):
        return file
    full = [page for page in pages if not _is_reduced(page[1]) and _area(page[1]) > 0]
    if not full:
        return file
    at, tags = max(full, key=lambda page: _area(page[1]))
    if tags.get(_PHOTOMETRIC, [0])[0] in _RAW:
        raise Unreadable(NOT_READ, "a camera's raw file: export it as TIFF or JPEG")
    return _with_head(file, head[: form.place] + struct.pack(form.word, at))


def _is_reduced(tags: dict[int, list[int]]) -> bool:
    """Whether it is a small copy of another page, or another one's mask."""
    kind, old = tags.get(_SUBTYPE, [0])[0], tags.get(_OLD_SUBTYPE, [0])[0]
    return bool(kind & (_REDUCED | _MASK)) or old == _OLD_REDUCED


def _area(tags: dict[int, list[int]]) -> int:
    return tags.get(_WIDTH, [0])[0] * tags.get(_HEIGHT, [0])[0]


def _pages(file: BinaryIO, form: _Form, head: bytes) -> Iterator[tuple[int, dict[int, list[int]]]]:
    """Every page with where it lies: one after the other, each followed by those within it."""
    if len(head) < form.place + struct.calcsize(form.word):
        return
    offsets, seen = [struct.unpack_from(form.word, head, form.place)[0]], set[int]()
    while offsets and len(seen) < MOST_PAGES:
        at = offsets.pop(0)
        if at in seen or at == 0:
            continue
        seen.add(at)
        try:
            tags, following = _directory(file, form, at)
        except (struct.error, OSError, ValueError, OverflowError):
            continue  # the reader of the first page will say
        yield at, tags
        offsets += [*tags.get(_SUBFILES, []), following]


def _directory(file: BinaryIO, form: _Form, at: int) -> tuple[dict[int, list[int]], int]:
    """The tags that matter of one page, and where the next one is."""
    file.seek(at)
    counter, entry = ("Q", "HHQ8s") if form.big else ("H", "HHI4s")
    (count,) = struct.unpack(form.order + counter, file.read(struct.calcsize(form.order + counter)))
    if count > _MOST_ENTRIES:
        raise ValueError("no directory")
    layout = struct.Struct(form.order + entry)
    content = file.read(layout.size * count)
    (following,) = struct.unpack(form.word, file.read(struct.calcsize(form.word)))
    wanted = (_SUBTYPE, _OLD_SUBTYPE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _SUBFILES)
    tags = {
        tag: _numbers(file, form, kind, number, value)
        for tag, kind, number, value in layout.iter_unpack(content)
        if tag in wanted and kind in _SIZES and 0 < number <= MOST_PAGES
    }
    return tags, following


def _numbers(file: BinaryIO, form: _Form, kind: int, count: int, value: bytes) -> list[int]:
    size = _SIZES[kind]
    if size * count > len(value):
        file.seek(struct.unpack(form.word, value)[0])
        value = file.read(size * count)
    letter = {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
    return list(struct.unpack(f"{form.order}{count}{letter}", value[: size * count]))


def _with_head(file: BinaryIO, head: bytes) -> BinaryIO:
    if isinstance(file, io.BytesIO):
        return io.BytesIO(head + file.getbuffer()[len(head) :])
    return _Headed(file, head)  # type: ignore[return-value]


class _Headed(io.RawIOBase):
    """A file that begins with other bytes than lie on the disk."""

    def __init__(self, file: BinaryIO, head: bytes) -> None:
        self._file, self._head = file, head

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Fill the buffer."""
        at, content = self._file.tell(), self._file.read(len(buffer))
        count = len(content)
        buffer[:count] = content
        over = self._head[at : at + count]
        buffer[: len(over)] = over
        return count

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go there."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it is."""
        return self._file.tell()

    def fileno(self) -> int:
        """Its number: libtiff reads by it, and is told which page by where that lies."""
        return self._file.fileno()

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True
