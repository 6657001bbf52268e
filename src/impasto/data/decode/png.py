"""PNG: the checksums that Pillow skips, and sixteen bits, of which it keeps eight."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.data.decode.sheet import BAND, Band
from impasto.data.decode.streams import PIECE, Inflated
from impasto.data.decode.verdict import NOT_READ, Unreadable

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_EXIF = 2**16
_TELLING = (b"eXIf", b"iTXt", b"tEXt", b"zTXt")
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
_ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
"""Of each pass of an interlaced picture: first column, first row, and the steps between."""


@dataclass(frozen=True)
class Png:
    """What the walk along a file's chunks found."""

    width: int
    height: int
    depth: int
    kind: int
    """0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha."""
    interlaced: bool
    data: list[tuple[int, int]]
    """Where the compressed pixels lie: offset and length of each part."""
    cicp: tuple[int, int] | None
    """Colour primaries and curve, by their numbers in ITU-T H.273."""
    behind: bytes
    """Chunks behind the pixels that may tell which way is up."""


def check_png(file: BinaryIO) -> Png:
    """Walk along all chunks and compare their checksums.

    Raises:
        Unreadable: one is wrong, or the file ends before its end mark.
    """
    file.seek(len(_SIGNATURE))
    header: tuple[Any, ...] | None = None
    data: list[tuple[int, int]] = []
    cicp, behind = None, b""
    while True:
        head = file.read(8)
        if len(head) < 8:
            raise Unreadable("truncated", "it ends before its end mark")
        length, name = struct.unpack(">I4s", head)
        if name == b"IDAT":
            data.append((file.tell(), length))
        start = _check(file, length, name)
        if name == b"IHDR" and length == 13:
            header = struct.unpack(">IIBBBBB", start)
        elif name == b"cICP" and length == 4:
            cicp = (start[0], start[1])
            if not start[3]:
                raise Unreadable(NOT_READ, "colours of a narrow range (cICP)")
        elif name in _TELLING and data and len(behind) + length <= _MOST_EXIF:
            behind += _chunk(name, start)
        elif name == b"IEND":
            break
    if header is None or not data:
        raise Unreadable("corrupt", "it has no header, or no pixels")
    width, height, depth, kind, _, _, interlaced = header
    return Png(width, height, depth, kind, bool(interlaced), data, cicp, behind)


def _check(file: BinaryIO, length: int, name: bytes) -> bytes:
    """Pass over a chunk; returns its first 64 KiB."""
    start, crc, left = b"", zlib.crc32(name), length
    while left:
        piece = file.read(min(left, PIECE))
        if not piece:
            raise Unreadable("truncated", "it ends before its end mark")
        start = start or piece[:_MOST_EXIF]
        crc, left = zlib.crc32(piece, crc), left - len(piece)
    found = file.read(4)
    if len(found) < 4:
        raise Unreadable("truncated", "it ends before its end mark")
    if int.from_bytes(found) != crc:
        raise Unreadable("corrupt", "a checksum is wrong")
    return start


def orientation_behind(png: Png) -> int:
    """The EXIF orientation, 1–8, that is told behind the pixels; 1 where none is.

    Pillow reads it there as well, but decodes the whole picture first: so it is shown another one.
    """
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + png.behind + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    try:
        with Image.open(BytesIO(_SIGNATURE + chunks + _chunk(b"IEND", b"")), formats=["PNG"]) as it:
            found = it.getexif().get(0x0112, 1)
    except Exception:  # damaged words say nothing; the picture may still be whole
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def count_rows(file: BinaryIO, png: Png) -> None:
    """Refuse a picture whose compressed pixels end soundly, but too early: Pillow leaves it black.

    Raises:
        Unreadable: there are fewer pixels than its header says.
    """
    if png.interlaced:  # there Pillow notices
        return
    bits = png.depth * {**_CHANNELS, 3: 1}.get(png.kind, 1)
    left = png.height * (1 + -(-png.width * bits // 8))
    stream = Inflated(file, png.data)
    while left:
        left -= len(stream.read(min(left, PIECE)))


def sixteen_bits(file: BinaryIO, png: Png, transparency: Any) -> Iterator[Band]:
    """The picture, a band at a time.

    Args:
        file: the file.
        png: of 16 bits a sample.
        transparency: the one colour, as Pillow names it, that is transparent; or None.

    Raises:
        Unreadable: the compressed data are damaged or too short.
    """
    stream = Inflated(file, png.data)
    passes = _ADAM7 if png.interlaced else ((0, 0, 1, 1),)
    for left, top, across, down in passes:
        width = -(-(png.width - left) // across)
        height = -(-(png.height - top) // down)
        if width <= 0 or height <= 0:
            continue
        for first, rows in _unfiltered(stream, width, height, png.kind):
            last = top + (first + len(rows)) * down
            where = (slice(top + first * down, last, down), slice(left, None, across))
            yield _band(where, rows, png.kind, transparency)


def _band(
    where: tuple[slice, slice], rows: NDArray[np.uint16], kind: int, transparency: Any
) -> Band:
    if kind in (4, 6):
        return Band(where, rows[..., :-1], rows[..., -1])
    if transparency is None:
        return Band(where, rows)
    clear = (rows == np.array(transparency, np.uint16).reshape(-1)).all(axis=2)
    return Band(where, rows, np.where(clear, 0, 65_535).astype(np.uint16))


def _unfiltered(
    stream: Inflated, width: int, height: int, kind: int
) -> Iterator[tuple[int, NDArray[np.uint16]]]:
    """Rows of one pass as (first row, (rows, W, channels)).

    Pillow undoes the filters, in C, on a small picture of these rows; they lean on the row above,
    which goes along as the first, unfiltered.
    """
    channels = _CHANNELS[kind]
    line = 1 + 2 * channels * width
    above = bytes(line)
    step = max(1, BAND // width)
    for first in range(0, height, step):
        count = min(step, height - first)
        small = _small_png(above + stream.read(count * line), width, count + 1, kind)
        samples = np.empty((count + 1, width, channels, 2), np.uint8)
        if channels in (1, 2):  # both bytes of a sample are seen as samples of their own
            samples[:] = _open(small).reshape(samples.shape)
        else:
            letters = "RGBA"[:channels]
            samples[..., 0] = _open(small, f"{letters};16B")
            samples[..., 1] = _open(small, f"{letters};16L")
        above = b"\0" + samples[-1].tobytes()
        yield first, samples[1:].reshape(count, width, -1).view(">u2").astype(np.uint16)


def _small_png(rows: bytes, width: int, height: int, kind: int) -> bytes:
    # Pixels of 2 and 4 bytes pass as grey with alpha and as RGBA, of 8 bits; the filters see bytes.
    depth, kind = {0: (8, 4), 4: (8, 6)}.get(kind, (16, kind))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(*each) for each in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _open(content: bytes, rawmode: str = "") -> NDArray[np.uint8]:
    with Image.open(BytesIO(content), formats=["PNG"]) as image:
        if rawmode:  # which byte of the two is kept
            image.tile = [tile._replace(args=rawmode) for tile in image.tile]
        return np.asarray(image)
