"""PNG written in bands: a picture of 16,384 pixels a side is never in memory as a whole."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from impasto.core.files import atomic_writer
from impasto.core.images import Picture, encode
from impasto.core.notes import NOTHING, Notes

SUB, UP = 1, 2
"""PNG's filters: differences from the pixel to the left, or from the one above."""

LEVEL = 6
"""zlib's compression level, as in Pillow."""


def write_png(
    path: Path, width: int, height: int, bands: Iterable[Picture], notes: Notes = NOTHING
) -> None:
    """Write a picture atomically, band by band.

    Args:
        path: the file.
        width: pixels.
        height: pixels; the sum of all bands.
        bands: (h, width, 3), uint8, from the top down; one in memory at a time.
        notes: metadata of the file.
    """
    # Pillow writes a one-pixel picture, from which all chunks without pixels are taken.
    small = encode(np.zeros((1, 1, 3), np.uint8), "png", notes=notes)
    with atomic_writer(path) as file:
        file.write(small[:8])
        packer = zlib.compressobj(LEVEL)
        for kind, content in _chunks(small):
            if kind == b"IHDR":
                _write(file, kind, struct.pack(">II", width, height) + content[8:])
            elif kind == b"IDAT":
                for band in _filtered(bands):
                    _write(file, kind, packer.compress(band))
                _write(file, kind, packer.flush())
            else:
                _write(file, kind, content)


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(file):
        (length,) = struct.unpack(">I", file[at : at + 4])
        yield file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        at += length + 12


def _write(file: BinaryIO, kind: bytes, content: bytes) -> None:
    checked = kind + content
    file.write(struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked)))


def _filtered(bands: Iterable[Picture]) -> Iterator[memoryview]:
    """Each band's rows, prefixed with the filter that leaves the smaller differences."""
    above: NDArray[np.uint8] | None = None
    for band in bands:
        rows = band.reshape(len(band), -1)
        first = np.zeros_like(rows[:1]) if above is None else above
        above = rows[-1:].copy()
        yield _differences(rows, first).data


def _differences(rows: NDArray[np.uint8], above: NDArray[np.uint8]) -> NDArray[np.uint8]:
    up = rows - np.concatenate([above, rows[:-1]])
    sub = rows.copy()
    sub[:, 3:] -= rows[:, :-3]
    # As signed numbers: 255 is a difference of 1.
    cost = [np.abs(each.view(np.int8)).view(np.uint8).sum(1) for each in (sub, up)]
    upwards = cost[1] < cost[0]
    lines = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
    lines[:, 0] = np.where(upwards, UP, SUB)
    lines[:, 1:] = np.where(upwards[:, None], up, sub)
    return lines
