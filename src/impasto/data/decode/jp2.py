"""The colour profile of a JPEG 2000 file, which Pillow passes over."""

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

_MOST_BOXES = 1_000
_LARGEST_HEADER = 2**24
"""Bytes of the box that holds the profile: those of printers have a few million."""
_RESTRICTED, _ANY = 2, 3
"""Ways to tell a colour space: by an ICC profile of a few kinds, or of any."""
_ENUMERATED = 1


def profile_of(file: BinaryIO) -> bytes | None:
    """The ICC profile by which a file tells its colours; None if it tells them by a number.

    Args:
        file: at any place, to which it returns; damaged boxes end the search.
    """
    before = file.tell()
    try:
        size = file.seek(0, io.SEEK_END)
        for name, start, length in _boxes(file, 0, size):
            if name == b"jp2h" and length <= _LARGEST_HEADER:
                file.seek(start)
                return _profile_in(file.read(length))
        return None
    finally:
        file.seek(before)


def _profile_in(header: bytes) -> bytes | None:
    inner = io.BytesIO(header)
    for name, start, length in _boxes(inner, 0, len(header)):
        if name == b"colr" and length > 3:
            if header[start] in (_RESTRICTED, _ANY):
                return header[start + 3 : start + length]
            if header[start] == _ENUMERATED:  # the first one that is understood counts
                return None
    return None


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
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
