"""Stroke data in the public files' own format, written, and read safely.

A shard is `episodes_K.npz` with `actions`, float (N, 12), and `strokes`, uint8 (N, 64, 64, 3): each
action's stroke on white paper. That is the format of MyPaintBrushstrokes, so its files are used
as they are.
"""

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from impasto.brush.actions import colours_of
from impasto.core.console import counted
from impasto.core.files import atomic_writer
from impasto.errors import ImpastoError
from impasto.reading import NOT_AN_ARRAY, open_file

SIDE = 64

LARGEST = 16 * 2**30
"""Bytes of one shard."""

MOST = 5_000_000
"""Strokes that a set may hold: a file from a stranger does not fill the disk."""

ABOUT = "strokes.json"
"""Beside shards, or beside an unpacked set: where its strokes come from."""

FORMAT, VERSION = "impasto-stroke-data", 1

BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, KeyError, OSError),
    RuntimeError,  # encrypted, or packed in an unknown way
    *NOT_AN_ARRAY,
)
"""What `zipfile` and NumPy raise where an archive is damaged, or made to do harm."""

PALE = 0.15
"""A colour whose darkest channel is nearer to white than this tells nothing of its opacity."""


def compose(actions: NDArray[np.floating], alphas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Strokes in their colours on white paper: (N, 12), (N, H, W) → (N, H, W, 3), uint8."""
    ink = 1 - colours_of(actions)[:, None, None, :]  # what the colour takes from white
    taken = (alphas[..., None] * ink).astype(np.float32)
    return np.rint(255 - taken).astype(np.uint8)


def recover(
    actions: NDArray[np.floating], strokes: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The opacity that put each colour on white paper: the inverse of `compose`.

    Args:
        actions: (N, 12).
        strokes: (N, H, W, 3), uint8.

    Returns:
        (N, H, W), uint8, by least squares over the channels; and (N,), whether the colour is far
        enough from white for the opacity to be known.
    """
    ink = 1 - colours_of(actions)
    weights = ink / np.maximum((ink**2).sum(1, keepdims=True), 1e-6)
    taken = 255 - strokes.astype(np.float32)
    alphas = np.einsum("nhwc,nc->nhw", taken, weights.astype(np.float32))
    return np.rint(alphas.clip(0, 255)).astype(np.uint8), ink.max(1) > PALE


def shards_in(folder: Path) -> list[Path]:
    """The shards in a folder, by number.

    Raises:
        ImpastoError: there is no such folder, or it holds none.
    """
    if not folder.is_dir():
        raise ImpastoError(f"{folder} is not a folder; give one with episodes_*.npz in it.")
    numbered = [
        (re.fullmatch(r"episodes_(\d+)\.npz", path.name), path) for path in folder.iterdir()
    ]
    found = sorted((int(match[1]), path) for match, path in numbered if match)
    if not found:
        raise ImpastoError(
            f"{folder} holds no episodes_*.npz; `impasto strokes make --count 20000 --out "
            f"{folder}` makes some."
        )
    return [path for _, path in found]


def read_shard(path: Path, rows: int = 1000) -> Iterator[tuple[NDArray[Any], NDArray[np.uint8]]]:
    """Read a shard that may come from a stranger, a few rows at a time.

    Nothing is unpickled, shapes and kinds are checked before a pixel is read, and no more than
    `rows` strokes are in memory.

    Yields:
        Actions (≤ rows, 12), float32 in [0, 1], and strokes (≤ rows, 64, 64, 3), uint8.

    Raises:
        ImpastoError: the file is not a shard.
    """
    try:
        with (
            _opened(path) as archive,
            archive.open("actions.npy") as numbers,
            archive.open("strokes.npy") as pictures,
        ):
            count, wide, kind = _header(numbers, path, (12,))
            if kind.kind != "f" or kind.itemsize > 8:
                raise _not_a_shard(path, "its actions are not floats")
            shown, size, pixel = _header(pictures, path, (SIDE, SIDE, 3))
            if pixel != np.uint8 or shown != count:
                raise _not_a_shard(path, "its strokes are not one uint8 picture an action")
            for first in range(0, count, rows):
                some = min(rows, count - first)
                actions = np.frombuffer(_exactly(numbers, some * wide * kind.itemsize), kind)
                if not ((actions >= 0) & (actions <= 1)).all():  # NaN is neither
                    raise _not_a_shard(path, "its actions leave [0, 1]")
                block = np.frombuffer(_exactly(pictures, some * size), np.uint8)
                yield (
                    actions.reshape(some, wide).astype(np.float32),
                    block.reshape(some, SIDE, SIDE, 3),
                )
    except BROKEN as error:
        raise _not_a_shard(path, "it cannot be read") from error


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A shard's archive, whose parts are packed as NumPy packs them: in bounded memory."""
    with open_file(path, "a shard of strokes", LARGEST) as file, zipfile.ZipFile(file) as archive:
        kinds = {part.compress_type for part in archive.infolist()}
        if not kinds <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise _not_a_shard(path, "it is packed in another way than NumPy's")
        yield archive


def write_shard(path: Path, actions: NDArray[np.float32], strokes: NDArray[np.uint8]) -> None:
    """Write (N, 12) and (N, 64, 64, 3) as a shard."""
    with atomic_writer(path) as file:
        np.savez_compressed(file, actions=actions.astype(np.float64), strokes=strokes)


def length_of(path: Path) -> int:
    """How many strokes a shard says it holds.

    Raises:
        ImpastoError: it is not a shard.
    """
    try:
        with _opened(path) as archive, archive.open("actions.npy") as file:
            return _header(file, path, (12,))[0]
    except BROKEN as error:
        raise _not_a_shard(path, "it cannot be read") from error


def _header(file: IO[bytes], path: Path, shape: tuple[int, ...]) -> tuple[int, int, np.dtype[Any]]:
    """Read an array's header: its rows, numbers in a row, and kind of number."""
    if npy.read_magic(file) != (1, 0):  # later ones are for headers that may fill the memory
        raise _not_a_shard(path, "an array's header is of another version")
    found, fortran, kind = npy.read_array_header_1_0(file)
    if len(found) != len(shape) + 1 or tuple(found[1:]) != shape or fortran or kind.hasobject:
        raise _not_a_shard(
            path, f"an array has the shape {found}, not (N, {', '.join(map(str, shape))})"
        )
    if not 0 < found[0] <= MOST:
        raise _not_a_shard(path, f"it says that it holds {counted(found[0], 'stroke')}")
    return int(found[0]), int(np.prod(shape)), kind


def _exactly(file: IO[bytes], size: int) -> bytes:
    content = file.read(size)
    if len(content) != size:
        raise EOFError
    return content


def _not_a_shard(path: Path, reason: str) -> ImpastoError:
    return ImpastoError(f"{path} is not a shard of strokes: {reason}.")


def fingerprint_of(shards: list[Path]) -> str:
    """Of the shards' names, sizes and checksums, as their archives list them."""
    found = sha256()
    for path in shards:
        try:
            with _opened(path) as archive:
                parts = [
                    f"{item.filename} {item.CRC} {item.file_size}" for item in archive.infolist()
                ]
        except BROKEN as error:
            raise _not_a_shard(path, "it cannot be read") from error
        found.update(" ".join([path.name, *parts]).encode())
    return found.hexdigest()
