"""ZIPs whose directory says what is not true."""

import io
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from impasto.core.encodings import is_utf8

_MEMBER, _HEAD = b"PK\3\4", 30
_ENTRY, _FIXED = b"PK\1\2", 46
_UTF8 = 0x08
"""The mark, in the higher byte of a member's flags."""


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP, though it marks names as UTF-8 that are not.

    `zipfile` would refuse all of it for one such name.

    Raises:
        OSError: the file cannot be read.
        zipfile.BadZipFile: it is damaged.
    """
    with _Honest(io.FileIO(path)) as file, zipfile.ZipFile(file) as opened:
        yield opened


class _Honest(io.BufferedReader):
    """A file whose headers of members, when they are read, have no false marks."""

    def read(self, size: int | None = -1, /) -> bytes:
        """So many bytes from here on, or all."""
        found = super().read(size)
        if found.startswith(_ENTRY):
            return _without_false_marks(found)
        if found.startswith(_MEMBER) and len(found) == _HEAD:  # its name follows
            name = super().read(int.from_bytes(found[26:28], "little"))
            self.seek(-len(name), os.SEEK_CUR)
            if not is_utf8(name):
                return found[:7] + bytes([found[7] & ~_UTF8]) + found[8:]
        return found


def _without_false_marks(directory: bytes) -> bytes:
    at, mended = 0, bytearray(directory)
    while directory.startswith(_ENTRY, at) and at + _FIXED <= len(directory):
        name, *others = struct.unpack_from("<3H", directory, at + 28)
        if not is_utf8(directory[at + _FIXED : at + _FIXED + name]):
            mended[at + 9] &= ~_UTF8
        at += _FIXED + name + sum(others)
    return bytes(mended)
