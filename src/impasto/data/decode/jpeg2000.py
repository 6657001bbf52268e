"""JPEG 2000 kinds that Pillow misreads without a word, by their headers.

It rounds deep colours up without a bound, so that white becomes black, and passes over what the
boxes say of the order of channels, of alpha and of colour spaces (ISO/IEC 15444-1, annex I).
"""

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from impasto.data.decode.boxes import LARGEST_HEADER, boxes
from impasto.data.decode.verdict import NOT_READ, Unreadable

_SPACES = {12: "CMYK", 16: "sRGB", 17: "grey", 18: "sYCC"}
"""The enumerated colour spaces that are read."""

_BY_NUMBER = 1
"""How a `colr` box tells its colour space; otherwise by a profile."""

_COLOUR, _ALPHA = 0, 1
"""Kinds of a channel; 2 is alpha that is multiplied in, 65,535 what nobody knows."""


@dataclass(frozen=True)
class Codestream:
    """What the header of the compressed pixels says."""

    depths: tuple[int, ...]
    """Bits of each component."""


def check_jpeg2000(file: BinaryIO) -> Codestream | None:
    """Refuse what Pillow would show in wrong colours.

    Returns:
        The header of the pixels; None where it is damaged, which decoding tells.

    Raises:
        Unreadable: a kind that is not read.
    """
    size = file.seek(0, io.SEEK_END)
    outer = {name: (at, length) for name, at, length in reversed([*boxes(file, 0, size)])}
    at, length = outer.get(b"jp2h", (0, 0))
    file.seek(at)
    headers = io.BytesIO(file.read(min(length, LARGEST_HEADER)))
    content: dict[bytes, bytes] = {}
    for name, start, count in boxes(headers, 0, len(headers.getbuffer())):
        content.setdefault(name, headers.getvalue()[start : start + count])
    _check_space(content.get(b"colr", b""))
    _check_order(content.get(b"cdef", b""), content.get(b"cmap", b""))
    found = _header(file, outer.get(b"jp2c", (0, 0))[0])
    if found is None:
        return None
    if len(set(found.depths)) > 1:
        raise _unknown("channels of different depths")
    if len(found.depths) > 2 and found.depths[0] > 8:
        raise _unknown(f"colours of {found.depths[0]} bits")
    return found


def stretched(image: Image.Image, header: Codestream) -> Image.Image:
    """A loaded image whose white is white: of fewer than eight bits Pillow only shifts them."""
    bits = header.depths[0]
    if bits >= 8 or image.mode in ("P", "PA"):
        return image
    most = 2**bits - 1
    table = [(value >> (8 - bits)) * 255 // most for value in range(256)]
    return image.point(table * len(image.getbands()))


def _check_space(colours: bytes) -> None:
    if len(colours) >= 7 and colours[0] == _BY_NUMBER:
        (number,) = struct.unpack_from(">I", colours, 3)
        if number not in _SPACES:
            raise _unknown(f"colour space {number}")


def _check_order(definitions: bytes, mapping: bytes) -> None:
    """`cdef`: channel, kind, colour; `cmap`: component, kind, column of the palette."""
    count = int.from_bytes(definitions[:2], "big")
    for channel, kind, colour in struct.iter_unpack(">HHH", definitions[2 : 2 + 6 * count]):
        if kind == _COLOUR and colour != channel + 1:
            raise _unknown("channels in an order of their own")
        if kind not in (_COLOUR, _ALPHA):
            raise _unknown("alpha that is multiplied in, or a channel without a meaning")
    for place, row in enumerate(struct.iter_unpack(">HBB", mapping[: len(mapping) // 4 * 4])):
        if row != (0, 1, place):
            raise _unknown("a palette in an order of its own")


def _header(file: BinaryIO, start: int) -> Codestream | None:
    """The SIZ segment, with which every codestream begins (annex A.5.1)."""
    file.seek(start)
    head = file.read(42)
    if not head.startswith(b"\xff\x4f\xff\x51") or len(head) < 42:
        return None
    (count,) = struct.unpack_from(">H", head, 40)
    parts = file.read(3 * count)
    if not count or len(parts) < 3 * count:
        return None
    return Codestream(tuple((each & 127) + 1 for each in parts[::3]))


def _unknown(what: str) -> Unreadable:
    return Unreadable(NOT_READ, f"JPEG 2000: {what}; export it as TIFF or PNG")
