"""Damage that decoders do not notice, in formats without checksums.

A disk that filled up, or a download that broke off, leaves zeros at the end of a file. A picture
may end in black as well, so zeros alone prove nothing. What does:

- where pixels are compressed, no encoder ends its data in that many zeros;
- where they lie as they are, a black strip begins at the left edge. Zeros that begin in the midst
  of a row, under a row that goes on, were never painted. (Those that begin at an edge by chance
  are not found: of a hundred zeroed files a few.)
"""

import os
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.console import counted
from impasto.data.decode.jpeg import check_scans
from impasto.data.decode.verdict import Unreadable

MOST_ZEROS = 64
"""Zero bytes that compressed pixels may end in; see docs/log.md for what encoders write."""
_ZEROS_OF_A_FLAT_BLOCK = 32
"""Zero bytes that a block of 16×16 pixels of one colour may take in lossy WebP; 19 were seen."""
_LEAST = 24
"""Bytes of a row from which its going on, or its sudden end, can be told."""
_LITTLE = 16
"""Bytes before the zeros that must not fade: the edge of a turned scan does."""
_PIECE = 2**16
_GREY_PCX = 2
"""What a PCX without a palette says of it."""

_PACKING, _JPEG, _TABLES = 259, 7, 347
_STRIPS, _TILES, _TILE_SIDES = (273, 279), (324, 325), (322, 323)
"""Tags of a TIFF: offsets and lengths."""

_BITS = {"": 8, "I": 8, "16": 16, "16B": 16, "16L": 16, "32F": 32, "32BF": 32}
"""Of a sample, by the second half of Pillow's raw modes."""

Rows = tuple[int, int, int]
"""Where rows begin in a file, the bytes of each, and how many there are."""


def check_end(file: BinaryIO, image: Image.Image) -> None:
    """Refuse an opened file, of a format without checksums, whose end is zeroed.

    Raises:
        Unreadable: it is damaged.
    """
    kind = image.format or ""
    if kind == "WEBP":
        _check_webp(file, image)
    elif kind == "AVIF":
        _check_avif(file)
    elif kind == "QOI":
        _check_qoi(file)
    elif kind == "PCX":
        _check_pcx(file)
    elif kind == "TIFF" and image.tag_v2.get(_PACKING) == _JPEG:  # type: ignore[attr-defined]
        _check_jpeg_in_tiff(file, image)
    else:
        check_strips(file, raw_rows(image))


def _check_jpeg_in_tiff(file: BinaryIO, image: Any) -> None:
    tags, pixels = image.tag_v2, image.width * image.height
    tiled = _TILES[0] in tags
    offsets, lengths = (np.atleast_1d(tags.get(tag, ())) for tag in (_TILES if tiled else _STRIPS))
    places = ((int(at), int(length)) for at, length in zip(offsets, lengths, strict=False))
    if tiled:
        pixels = int(tags[_TILE_SIDES[0]]) * int(tags[_TILE_SIDES[1]])
    check_scans(file, places, bytes(tags.get(_TABLES, b"")), pixels, image.mode)


def check_rows(file: BinaryIO, start: int, line: int, rows: int) -> None:
    """Refuse rows, as they lie in a file, that turn into zeros in the midst of one.

    Args:
        file: the file.
        start: where the first row lies.
        line: bytes of a row.
        rows: how many.

    Raises:
        Unreadable: they do.
    """
    if rows < 2 or _size(file) < start + line * rows:  # or cut short, which decoders notice
        return
    zeros = _zeros_before(file, start, start + line * rows)
    first = line * rows - zeros  # the first zero of the end, from the start
    row, at = divmod(first, line)
    rest = line - at
    if row < 1 or zeros < rest + line or at < _LITTLE or rest < _LEAST:
        return
    file.seek(start + first - line - _LITTLE)
    above = file.read(_LITTLE + rest)
    file.seek(start + first - _LITTLE)
    before = file.read(_LITTLE)
    goes_on = 2 * above.count(0) < len(above) and 2 * above[-_LITTLE:].count(0) < _LITTLE
    ends_at_once = 2 * sum(before) >= sum(above[:_LITTLE])
    if goes_on and ends_at_once:
        raise _zeroed(zeros)


def _zeroed(zeros: int) -> Unreadable:
    return Unreadable(
        "corrupt", f"it ends in {counted(zeros, 'zero byte')}, from the midst of a row on"
    )


def _zeros_before(file: BinaryIO, start: int, end: int) -> int:
    """How many zero bytes there are right before `end`, at most back to `start`."""
    at = end
    while at > start:
        step = min(_PIECE, at - start)
        file.seek(at - step)
        kept = file.read(step).rstrip(b"\0")
        if kept:
            return end - (at - step + len(kept))
        at -= step
    return end - start


def check_strips(file: BinaryIO, strips: Iterable[Rows]) -> None:
    """The same for rows in several places; those that follow each other are seen as one.

    Raises:
        Unreadable: they turn into zeros.
    """
    start, line, rows = 0, 0, 0
    for at, own, count in strips:
        if own == line and at == start + line * rows:
            rows += count
            continue
        check_rows(file, start, line, rows)
        start, line, rows = at, own, count
    check_rows(file, start, line, rows)


def raw_rows(image: Image.Image) -> Iterator[Rows]:
    """What lies uncompressed in an opened file."""
    for codec, extents, offset, arguments in getattr(image, "tile", ()):
        words = arguments if isinstance(arguments, tuple) else (arguments,)
        if extents is None or not isinstance(words[0], str):
            continue
        width, height = extents[2] - extents[0], extents[3] - extents[1]
        if codec == "ppm":  # of another white than 255 and 65,535
            yield offset, width * len(words[0]) * (1 if words[1] < 256 else 2), height
        if codec != "raw":
            continue
        rawmode, stride = (*words, 0)[:2]
        letters, _, bits = rawmode.partition(";")
        if stride or bits in _BITS:
            size = 1 if letters == "1" else _BITS.get(bits, 8) * len(letters)
            yield offset, stride or -(-width * size // 8), height


def _check_webp(file: BinaryIO, image: Image.Image) -> None:
    """The parts of a RIFF file follow each other to its end, and pixels do not end in zeros."""
    if getattr(image, "is_animated", False):
        return
    at, end = 12, _size(file)
    file.seek(4)
    end = min(end, 8 + int.from_bytes(file.read(4), "little"))
    while at + 8 <= end:
        file.seek(at)
        name, length = file.read(4), int.from_bytes(file.read(4), "little")
        if not name.strip(b"\0"):
            raise Unreadable("corrupt", "it ends in zeros")
        if name in (b"VP8 ", b"VP8L"):
            # Lossy WebP does end in zeros where it ends in one colour, but only in a few.
            flat = _flat_at_the_end(image) // 256 if name == b"VP8 " else 0
            most = MOST_ZEROS + _ZEROS_OF_A_FLAT_BLOCK * flat
            _check_packed(file, at + 8, min(end, at + 8 + length), most)
        at += 8 + length + length % 2


def _check_avif(file: BinaryIO) -> None:
    at, end = 0, _size(file)
    while at + 8 <= end:
        file.seek(at)
        length, name = int.from_bytes(file.read(4), "big"), file.read(4)
        if name == b"mdat":
            head = 8
            if length == 1:
                length, head = int.from_bytes(file.read(8), "big"), 16
            _check_packed(file, at + head, min(end, at + length) if length else end)
        if length < 8:
            return
        at += length


def _flat_at_the_end(image: Image.Image) -> int:
    """Pixels of the rows at the bottom that are of one colour, or nearly."""
    width, height = image.size
    usual: NDArray[Any] | None = None
    for bottom in range(height, 0, -64):
        rows = np.asarray(image.crop((0, max(0, bottom - 64), width, bottom)).convert("RGB"))
        usual = np.median(rows[-1], axis=0) if usual is None else usual
        flat = (np.abs(rows - usual).max(axis=(1, 2)) <= 12)[::-1]
        if not flat.all():
            return width * (height - bottom + int(np.argmin(flat)))
    return width * height


def _check_packed(file: BinaryIO, start: int, end: int, most: int = MOST_ZEROS) -> None:
    zeros = _zeros_before(file, start, end)
    if zeros > most:
        raise Unreadable("corrupt", f"its pixels end in {zeros:,} zero bytes")


def _check_pcx(file: BinaryIO) -> None:
    """Runs are counted, so not even black takes many zeros; a palette may follow."""
    file.seek(0)
    header, end = file.read(128), _size(file)
    file.seek(max(0, end - 769))
    coloured = file.read(1) == b"\x0c"
    # Without its palette Pillow takes the numbers of colours for greys.
    numbered = header[1] == 5 and header[3] == 8 and header[65] == 1
    if numbered and not coloured and header[68] != _GREY_PCX:
        raise Unreadable("truncated", "its palette is not where it belongs")
    _check_packed(file, 128, end - 769 if coloured else end)


def _check_qoi(file: BinaryIO) -> None:
    end = _size(file)
    end -= _zeros_before(file, 0, end)
    file.seek(max(0, end - 8))
    if file.read(8) != b"\0\0\0\0\0\0\0\1":
        raise Unreadable("truncated", "it has no end mark")


def _size(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)
