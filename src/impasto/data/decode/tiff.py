"""TIFF of 16, 32 and 64 bits a sample, integers and floating point, and 8 bits in planes.

Pillow misreads or refuses most of these. libtiff, under Pillow, still does the unpacking: each
run of strips is handed to it as a small grey picture of bytes, and what the bytes mean is decided
here. What the tables below do not hold is refused as a kind that is not read.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from impasto.data.decode.colour import Ink
from impasto.data.decode.damage import check_strips
from impasto.data.decode.libtiff import strict_library
from impasto.data.decode.ranges import Range, find_range, to_sixteen
from impasto.data.decode.sheet import BAND, Band
from impasto.data.decode.streams import Inflated, Source, Stored
from impasto.data.decode.tiff_deflate import DEFLATE, SPARE, check_sides
from impasto.data.decode.verdict import NOT_READ, Unreadable

_KINDS: dict[tuple[int, int], str] = {
    **{(1, 8): "u1", (1, 16): "u2", (1, 32): "u4", (2, 16): "i2", (2, 32): "i4"},
    **{(3, 16): "f2", (3, 32): "f4", (3, 64): "f8"},
}
"""Sample format (1 unsigned, 2 signed, 3 floating point) and bits to numpy's type."""
_INKS: dict[int, Ink] = {0: "L", 1: "L", 2: "RGB", 5: "CMYK"}
_CHANNELS = {"L": 1, "RGB": 3, "CMYK": 4}
_NONE = 1
_PACKINGS = (_NONE, 5, *DEFLATE, 32_773, 34_925, 50_000)
"""None, LZW, Deflate, PackBits, LZMA, Zstandard: all without loss."""
_UNPREDICTED = (_NONE, 32_773)
"""Packings behind which libtiff ignores differences, and other programs undo them."""
MOST_IN_A_STRIP = 2**26
"""Bytes of a strip that libtiff unpacks, since it unpacks all of it at once."""
_WIDTH, _HEIGHT, _BITS, _PACKING, _PHOTOMETRIC = 256, 257, 258, 259, 262
_FILL_ORDER, _STRIPS, _SAMPLES, _ROWS, _COUNTS, _PLANAR = 266, 273, 277, 278, 279, 284
_PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_COUNTS = 317, 322, 323, 324, 325
_ORIENTATION, _PROFILE = 274, 34_675
_SUBTYPE, _SUBFILES, _INKSET, _EXTRA, _FORMAT, _SUBSAMPLING = 254, 330, 332, 338, 339, 530
_COLOURS, _PALETTE, _YCBCR, _JPEG = 320, 3, 6, (6, 7)
_LAB, _BLACK_WHITE, _DEPTH, _XMP = 8, 532, 32_997, 700


_TURN = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')
"""In XMP, as Pillow looks for it."""


@dataclass(frozen=True)
class Deep:
    """A TIFF that is decoded here."""

    file: BinaryIO
    tags: Any
    """By their numbers, as Pillow reads them."""
    big_endian: bool
    ink: Ink
    kind: str

    @cached_property
    def width(self) -> int:
        """As stored, before any turn, in pixels."""
        return int(self.tags[_WIDTH])

    @cached_property
    def height(self) -> int:
        """As stored."""
        return int(self.tags[_HEIGHT])

    @property
    def orientation(self) -> int:
        """As EXIF has it, 1–8."""
        found = self.tags.get(_ORIENTATION)
        words = self.tags.get(_XMP)
        if found is None and isinstance(words, bytes) and (told := _TURN.search(words)):
            found = int(told[1])
        return found if isinstance(found, int) and 1 <= found <= 8 else 1

    @property
    def info(self) -> dict[str, object]:
        """Its colour profile, under Pillow's name."""
        return {"icc_profile": self.tags.get(_PROFILE)}

    @property
    def notes(self) -> tuple[str, ...]:
        """What is converted, in words."""
        bits = 8 * int(self.kind[1])
        words = ["floating point"] if self.kind.startswith("f") else []
        grey = f"{bits}-bit grey" if bits > 8 else "greyscale"
        words += {"L": [grey], "CMYK": ["CMYK"]}.get(self.ink, [])
        return (*words, *(["alpha"] if self._veil[0] else []))

    @cached_property
    def _veil(self) -> tuple[int, int]:
        """1 for alpha that is multiplied in, 2 for alpha that is not, 0 for none; its channel."""
        colours = _CHANNELS[self.ink]
        # One channel more and not a word of it: alpha was meant, and was forgotten to be named.
        forgotten = (2,) if self._samples == colours + 1 else ()
        for channel, extra in enumerate(_whole(self.tags.get(_EXTRA, forgotten)), colours):
            if extra in (1, 2) and channel < self._samples:
                return int(extra), channel
        return 0, 0

    def bands(self) -> Iterator[Band]:
        """The picture, a band at a time, as samples of 16 bits."""
        scale = self._range()
        colours = _CHANNELS[self.ink]
        veil, channel = self._veil
        for where, values in self._parts():
            rows = to_sixteen(values[..., :colours], scale)
            if self.tags.get(_PHOTOMETRIC) == 0:
                rows = 65_535 - rows
            alpha = None
            if veil:
                alpha = to_sixteen(values[..., channel], Range(0, scale.alpha_white))
            yield Band(where, rows, alpha, premultiplied=veil == 1)

    @cached_property
    def _samples(self) -> int:
        return int(self.tags.get(_SAMPLES, 1))

    def _range(self) -> Range:
        """What is black and what is white; by looking where the kind does not say."""
        if self.kind in ("u1", "u2"):
            return Range(0, 2 ** (8 * int(self.kind[1])) - 1)
        colours = _CHANNELS[self.ink]
        step = max(1, self.width * self.height * colours // 2**18)
        # Copies, since a view would keep the whole band.
        picks = [values[..., :colours].ravel()[::step].copy() for _, values in self._parts()]
        return find_range(np.concatenate(picks), self.kind)

    def _parts(self) -> Iterator[tuple[tuple[slice, slice], NDArray[Any]]]:
        """The picture in pieces as (where, (H, W, samples)), in the machine's own byte order."""
        tiled = _TILES in self.tags
        across, down = self.width, min(int(self.tags.get(_ROWS, self.height)), self.height)
        if tiled:
            across, down = int(self.tags[_TILE_WIDTH]), int(self.tags[_TILE_HEIGHT])
        check_sides(across, down, self.width * self.height)
        columns, rows = -(-self.width // across), -(-self.height // down)
        places = self._places(tiled, columns * rows)
        if self.tags.get(_PACKING, _NONE) == _NONE:
            last = self.height - (rows - 1) * down if not tiled else down
            for plane in places:
                tall = [down] * (len(plane) - 1) + [last]
                strips = zip(plane, tall, strict=True)
                check_strips(self.file, ((at, self.line(across), n) for (at, _), n in strips))
        for left in range(0, self.width, across):
            # A column of tiles is read like strips: each is a run of rows of its own.
            whole = rows * down if tiled else self.height
            planes = [
                _Rows(self, plane[left // across :: columns], across, down, whole)
                for plane in places
            ]
            step = max(1, BAND // across)
            for top in range(0, whole, step):
                count = min(step, whole - top)
                layers = [self._samples_of(plane.read(count), across, count) for plane in planes]
                values = np.concatenate(layers, axis=2) if len(layers) > 1 else layers[0]
                bottom, right = min(top + count, self.height), min(left + across, self.width)
                if bottom > top:
                    yield (
                        (slice(top, bottom), slice(left, right)),
                        values[: bottom - top, : right - left],
                    )

    def _places(self, tiled: bool, each: int) -> list[list[tuple[int, int]]]:
        """Of every plane: where its strips or tiles lie, offset and length."""
        offsets = _whole(self.tags[_TILES if tiled else _STRIPS])
        counts = _whole(self.tags[_TILE_COUNTS if tiled else _COUNTS])
        planes = self._samples if self._planar else 1
        if min(len(offsets), len(counts)) < each * planes:
            raise Unreadable("corrupt", "strips or tiles are missing")
        pairs = [(int(at), int(count)) for at, count in zip(offsets, counts, strict=False)]
        return [pairs[plane * each : (plane + 1) * each] for plane in range(planes)]

    @cached_property
    def _planar(self) -> bool:
        return bool(self.tags.get(_PLANAR, 1) == 2 and self._samples > 1)

    @property
    def _each(self) -> int:
        """Samples of a pixel that lie side by side."""
        return 1 if self._planar else self._samples

    def line(self, width: int) -> int:
        """Bytes of a row of so many pixels."""
        return width * self._each * int(self.kind[1])

    def _samples_of(self, flat: bytes, width: int, height: int) -> NDArray[Any]:
        """(height, width, samples) out of unpacked rows."""
        each, size = self._each, int(self.kind[1])
        cells = np.frombuffer(flat, np.uint8).reshape(height, self.line(width))
        predictor = self.tags.get(_PREDICTOR, 1)
        if predictor == 3:
            # Differences of bytes; the bytes of a number lie a row apart, the highest first.
            bytes_first = np.cumsum(cells.reshape(height, -1, each), axis=1, dtype=np.uint8)
            planes = bytes_first.reshape(height, size, width * each)
            whole = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(f">{self.kind}")
            return whole.reshape(height, width, each).astype(self.kind)
        order = ">" if self.big_endian else "<"
        values = cells.view(f"{order}{self.kind}").reshape(height, width, each)
        if predictor == 2:
            whole_kind = f"u{size}"
            steps = values.view(f"{order}{whole_kind}").astype(whole_kind)
            return np.cumsum(steps, axis=1, dtype=whole_kind).view(self.kind)
        return values.astype(self.kind, copy=False)


def open_deep(file: BinaryIO) -> Deep | None:
    """A TIFF that is to be decoded here; None where Pillow reads it rightly.

    Raises:
        Unreadable: neither does.
    """
    file.seek(0)
    head = file.read(8)
    prefix, strange = head[:2], head.startswith(b"MM\0+")
    if head[2:4] in (b"\0+", b"+\0"):
        # Pillow knows a BigTIFF by its third byte, whatever the order of bytes.
        head = b"II+\0" + head[4:] + file.read(8)
    tags = TiffImagePlugin.ImageFileDirectory_v2(head, prefix)
    file.seek(tags.next)
    tags.load(file)
    file.seek(0)
    bits, formats = _whole(tags.get(_BITS, (1,))), _whole(tags.get(_FORMAT, (1,)))
    photometric, packing = tags.get(_PHOTOMETRIC, -1), tags.get(_PACKING, 1)
    ink = _INKS.get(photometric)
    if tags.get(_SUBTYPE, 0) & 1 and _SUBFILES in tags:
        raise Unreadable(NOT_READ, "a camera's raw file: export it as TIFF or JPEG")
    if max(_whole(tags.get(_DEPTH, 1))) > 1:
        raise _unknown("several layers of depth")
    if len(set(bits)) != 1 or len(set(formats)) != 1:
        raise _unknown("samples of different kinds")
    if photometric == 5 and tags.get(_INKSET, 1) != 1:
        raise _unknown("inks other than CMYK")
    if tags.get(_PREDICTOR, 1) != 1 and packing in _UNPREDICTED:
        raise _unknown(f"a predictor with compression {packing}, which readers take differently")
    if photometric == _PALETTE and 0 < max(_whole(tags.get(_COLOURS, (0,)))) < 256:
        raise _unknown("a colour table of 8 bits")
    if bits[0] <= 8:
        if formats[0] not in (1, 4):
            raise _unknown("signed samples of 8 bits")
        loss = packing in _JPEG
        if photometric == _YCBCR and not loss and tags.get(_SUBSAMPLING, (2, 2)) != (1, 1):
            raise _unknown("subsampled colours without JPEG")
        # Pillow misreads planes of two channels, knows few kinds with more channels than colours,
        # and does not compare Deflate's checksum.
        samples = int(tags.get(_SAMPLES, 1))
        more = ink is not None and samples > _CHANNELS[ink] and packing in _PACKINGS
        own = (tags.get(_PLANAR, 1) == 2 and samples > 1) or more or packing in DEFLATE
        if bits[0] < 8 or not (own or strange) or loss or ink is None:
            if strange:
                raise _unknown("big-endian BigTIFF of fewer bits, with a palette or as JPEG")
            _leave_to_pillow(tags)
            return None
    kind = _KINDS.get((formats[0], bits[0]))
    if kind is None or ink is None:
        raise _unknown(f"{bits[0]} bits, sample format {formats[0]}, photometric {photometric}")
    if packing not in _PACKINGS or tags.get(_PREDICTOR, 1) not in (1, 2, 3):
        raise _unknown(f"compression {packing} of {bits[0]} bits")
    if tags.get(_FILL_ORDER, 1) != 1 and packing == _NONE:
        raise _unknown("reversed bits")
    if tags.get(_PREDICTOR, 1) == 3 and not kind.startswith("f"):
        raise Unreadable("corrupt", "a predictor of floating point for integers")
    if int(tags.get(_SAMPLES, 1)) < _CHANNELS[ink]:
        raise Unreadable("corrupt", "it has fewer samples a pixel than colours")
    return Deep(file, tags, prefix == b"MM", ink, kind)


def _leave_to_pillow(tags: Any) -> None:
    """Look at what Pillow does not.

    Raises:
        Unreadable: it would misread it.
    """
    photometric, packing = tags.get(_PHOTOMETRIC, -1), tags.get(_PACKING, _NONE)
    if photometric == _LAB and tags.get(_PLANAR, 1) == 2:
        raise _unknown("Lab in planes")
    usual = (0, 255, 128, 255, 128, 255)
    own = tuple(map(float, _whole(tags.get(_BLACK_WHITE, usual))))
    if photometric == _YCBCR and packing == _NONE and own != usual:
        raise _unknown("colours of a narrow range, uncompressed")


def _unknown(what: str) -> Unreadable:
    return Unreadable(NOT_READ, f"TIFF: {what}")


def _whole(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


class _Rows:
    """Rows of one plane, or of one column of tiles, across its strips."""

    def __init__(
        self, deep: Deep, places: list[tuple[int, int]], width: int, rows: int, whole: int
    ) -> None:
        self._deep, self._places, self._rows, self._whole = deep, iter(places), rows, whole
        self._line = deep.line(width)
        self._source: Source | None = None
        self._left = 0

    def read(self, count: int) -> bytes:
        """So many rows, as plain bytes."""
        pieces = []
        while count:
            if not self._left:
                self._left = min(self._rows, self._whole)
                self._whole -= self._left
                self._source = self._open(self._left)
            taken = min(count, self._left)
            if self._source is not None:
                pieces.append(self._source.read(taken * self._line))
            count, self._left = count - taken, self._left - taken
            if not self._left and self._source is not None:
                # Some programs fill up the last strip to the height of the others.
                self._source.finish(self._line * self._rows + SPARE)
        return b"".join(pieces)

    def _open(self, rows: int) -> Source:
        at, length = next(self._places)
        file, packing = self._deep.file, self._deep.tags.get(_PACKING, _NONE)
        if packing == _NONE:
            return Stored(file, at, length)
        if packing in DEFLATE:
            return Inflated(file, [(at, length)])
        size = self._line * rows
        if size > MOST_IN_A_STRIP:
            raise _unknown(f"{size / 2**20:.0f} MB in one strip of compression {packing}")
        packed = Stored(file, at, length).read(length)
        fill = self._deep.tags.get(_FILL_ORDER, 1)
        flat = _by_libtiff(packed, packing, fill, self._line, rows)
        return Stored(BytesIO(flat), 0, len(flat))


def _by_libtiff(packed: bytes, packing: int, fill_order: int, line: int, rows: int) -> bytes:
    entries = {
        **{_WIDTH: line, _HEIGHT: rows, _BITS: 8, _PACKING: packing, _PHOTOMETRIC: 1},
        **{_FILL_ORDER: fill_order, _STRIPS: 0, _ROWS: rows, _COUNTS: len(packed)},
    }
    entries[_STRIPS] = 8 + 2 + 12 * len(entries) + 4
    directory = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries.items()
    )
    whole = b"II*\0" + struct.pack("<I", 8) + directory + b"\0" * 4 + packed
    with strict_library(), Image.open(BytesIO(whole), formats=["TIFF"]) as image:
        return image.tobytes()
