"""What JPEG 2000 and AVIF say of their colours in their boxes, which Pillow passes over."""

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

_MOST_BOXES = 1_000
LARGEST_HEADER = 2**24
"""Bytes of the box that holds the profile: those of printers have a few million."""
_RESTRICTED, _ANY = 2, 3
"""Ways to tell a colour space: by an ICC profile of a few kinds, or of any."""
_ENUMERATED = 1


def profile_of(file: BinaryIO) -> bytes | None:
    """The ICC profile by which a JPEG 2000 tells its colours; None if it does so by a number.

    Args:
        file: at any place, to which it returns; damaged boxes end the search.
    """
    for colours in _colours(file, (b"jp2h",)):
        if colours[0] in (_RESTRICTED, _ANY):
            return colours[3:]
        if colours[0] == _ENUMERATED:  # the first one that is understood counts
            return None
    return None


def code_points_of(file: BinaryIO) -> tuple[int, int] | None:
    """Primaries and transfer of an AVIF, by their numbers in ITU-T H.273; None if it tells none.

    Args:
        file: at any place, to which it returns; damaged boxes end the search.
    """
    for colours in _colours(file, (b"meta", b"iprp", b"ipco")):
        if colours.startswith(b"nclx") and len(colours) >= 8:
            primaries, transfer = struct.unpack_from(">HH", colours, 4)
            return primaries, transfer
    return None


def _colours(file: BinaryIO, path: tuple[bytes, ...]) -> Iterator[bytes]:
    """What each `colr` box below these boxes holds."""
    before = file.tell()
    try:
        outer: BinaryIO = file
        for inner in path:
            size = outer.seek(0, io.SEEK_END)
            found = (
                (start, length)
                for name, start, length in boxes(outer, 0, size)
                if name == inner and length <= LARGEST_HEADER
            )
            start, length = next(found, (0, 0))
            outer.seek(start)
            content = outer.read(length)
            outer = io.BytesIO(content[4:] if inner == b"meta" else content)  # `meta` has a version
        for name, start, length in boxes(outer, 0, outer.seek(0, io.SEEK_END)):
            if name == b"colr" and length > 3:
                outer.seek(start)
                yield outer.read(length)
    finally:
        file.seek(before)


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and length of what each box holds."""
    for _ in range(_MOST_BOXES):
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            return
        length, name, head_length = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1 and len(head) == 16:
            (length,), head_length = struct.unpack(">Q", head[8:]), 16
        elif length == 0:  # to the end
            length = end - start
        if not head_length <= length <= end - start:
            return
        yield name, start + head_length, length - head_length
        start += length
