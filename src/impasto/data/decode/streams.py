"""Pixels out of a file, as many bytes at a time as are asked for."""

import zlib
from typing import BinaryIO, Protocol

from impasto.data.decode.verdict import Unreadable

PIECE = 2**20
"""Bytes that are read at a time."""


class Source(Protocol):
    """Something to read exactly so many bytes from."""

    def read(self, count: int) -> bytes:
        """Exactly so many bytes; `Unreadable` if there are fewer."""

    def finish(self, spare: int = 0) -> None:
        """Compare the checksum that lies behind the last byte, if there is one.

        Up to `spare` more bytes may come before it; `Unreadable` if there are more.
        """


class Stored:
    """A stretch of a file, as it lies there."""

    def __init__(self, file: BinaryIO, at: int, length: int) -> None:
        self._file, self._at, self._left = file, at, length

    def read(self, count: int) -> bytes:
        """Exactly so many bytes."""
        self._file.seek(self._at)
        piece = self._file.read(min(count, self._left))
        if len(piece) < count:
            raise Unreadable("truncated", "there are fewer pixels than its header says")
        self._at, self._left = self._at + count, self._left - count
        return piece

    def finish(self, spare: int = 0) -> None:
        """There is none."""


class Inflated:
    """Stretches of a file that are one zlib stream."""

    def __init__(self, file: BinaryIO, parts: list[tuple[int, int]]) -> None:
        self._file, self._parts = file, iter(parts)
        self._inflate = zlib.decompressobj()
        self._at, self._left = 0, 0

    def read(self, count: int) -> bytes:
        """Exactly so many bytes."""
        pieces, missing = [], count
        while missing:
            piece, more = self._some(missing)
            if not piece and not more:
                raise Unreadable("truncated", "there are fewer pixels than its header says")
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def finish(self, spare: int = 0) -> None:
        """Compare the checksum; zlib does it once the end is reached.

        Args:
            spare: bytes that may come before it and are passed over.

        Raises:
            Unreadable: more bytes come, the stream ends early, or the checksum is wrong.
        """
        while not self._inflate.eof:
            piece, more = self._some(min(PIECE, spare + 1))
            spare -= len(piece)
            if spare < 0:
                raise Unreadable("corrupt", "there are more pixels than its header says")
            if not more:
                raise Unreadable("truncated", "its pixels end before their checksum")

    def _some(self, most: int) -> tuple[bytes, bool]:
        """Up to so many bytes, and whether there was anything to unpack."""
        packed = self._inflate.unconsumed_tail or self._packed()
        try:
            return self._inflate.decompress(packed, most), bool(packed)
        except zlib.error as error:
            raise Unreadable("corrupt", str(error)) from error

    def _packed(self) -> bytes:
        if self._inflate.eof:
            return b""
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._at, self._left = part
        self._file.seek(self._at)
        piece = self._file.read(min(self._left, PIECE))
        self._at, self._left = self._at + len(piece), self._left - len(piece)
        return piece
