"""The pixels of a prepared set: one file, or shards of about a gigabyte that read like one array.

A set of one shard is a plain `pictures.npy`. A larger one has shards that are named by their
content: a new set is written beside the old one, and each shard is complete or absent.
"""

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import counted
from impasto.core.files import open_own
from impasto.core.images import Picture
from impasto.data.description import Shard
from impasto.data.files import SHARD, WHOLE
from impasto.errors import ImpastoError
from impasto.reading import NOT_AN_ARRAY, open_file

SHARD_BYTES = 2**30
"""Of pixels in one shard, as many pictures as fit; at least one."""

_PART = f".{WHOLE}.part"
_AGAIN = "prepare the folder again"


class Shards:
    """Shards one behind the other, as an array (N, H, W, 3) of uint8 that is not in memory.

    Rows are taken by a number, a slice, a mask or an array of numbers, and come as plain arrays;
    a slice within one shard is a view of it.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, parts: Sequence[NDArray[np.uint8]]) -> None:
        self.parts = parts
        self.starts = np.cumsum([0, *(len(part) for part in parts)])
        self.shape: tuple[int, ...] = (int(self.starts[-1]), *parts[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, tuple):
            many = isinstance(rows[0], slice) or np.ndim(rows[0]) > 0
            return self[rows[0]][(slice(None), *rows[1:]) if many else rows[1:]]
        if isinstance(rows, slice):
            return self._slice(*rows.indices(len(self)))
        numbers = np.asarray(rows)
        if numbers.dtype == bool:
            numbers = np.flatnonzero(numbers)
        elif not numbers.size:
            numbers = numbers.astype(np.int64)
        if numbers.size and not -len(self) <= numbers.min() <= numbers.max() < len(self):
            raise IndexError(f"row beyond the {len(self)} that there are")
        numbers = numbers % len(self)
        places = np.searchsorted(self.starts, numbers, side="right") - 1
        if numbers.ndim == 0:
            return self.parts[int(places)][int(numbers - self.starts[places])]
        found = np.empty((*numbers.shape, *self.shape[1:]), np.uint8)
        for place in np.unique(places):
            mine = places == place
            found[mine] = self.parts[place][numbers[mine] - self.starts[place]]
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All of it, in memory."""
        return np.concatenate(self.parts).astype(dtype or np.uint8, copy=False)

    def _slice(self, start: int, stop: int, step: int) -> NDArray[np.uint8]:
        first = int(np.searchsorted(self.starts, start, side="right")) - 1
        if step == 1 and start < stop <= self.starts[first + 1]:
            offset = self.starts[first]
            return self.parts[first][start - offset : stop - offset]
        return np.asarray(self[np.arange(start, stop, step)])


def open_shard(folder: Path, shard: Shard, height: int, width: int) -> NDArray[np.uint8]:
    """Map one shard, (count, H, W, 3).

    Raises:
        ImpastoError: it is missing, cut off, or something else.
    """
    path = folder / shard.file
    if not path.exists():
        raise ImpastoError(f"{path} is missing; {_AGAIN}.")
    open_file(path, "pictures of a prepared set", sys.maxsize).close()  # a pipe has no end
    try:
        pictures = np.lib.format.open_memmap(path, mode="r")  # never unpickles
    except (OSError, *NOT_AN_ARRAY) as error:
        raise ImpastoError(f"{path} is damaged or cut off; {_AGAIN}.") from error
    if (
        not isinstance(pictures, np.memmap)
        or pictures.dtype != np.uint8
        or pictures.shape != (shard.count, height, width, 3)
        or not pictures.flags.c_contiguous
    ):
        raise ImpastoError(
            f"{path} does not hold the {counted(shard.count, 'picture')} that its description "
            f"promises; {_AGAIN}."
        )
    return pictures


def is_sound(pictures: NDArray[np.uint8], shard: Shard) -> bool:
    """Whether every pixel is the one that was written; reads all of it."""
    digest = hashlib.sha256()
    step = max(1, 2**24 // pictures[0].nbytes)
    for start in range(0, len(pictures), step):
        digest.update(np.ascontiguousarray(pictures[start : start + step]).data)
    return digest.hexdigest() == shard.sha256


class ShardWriter:
    """Writes pixels picture by picture; one that is left before `finish` changes nothing."""

    def __init__(self, folder: Path, width: int, height: int, kept: Sequence[str] = ()) -> None:
        """Begin.

        Args:
            folder: the set's, which exists.
            width: of each picture, in pixels.
            height: of each picture, in pixels.
            kept: shards of the set that is there, which stays until `finish`.
        """
        self._folder, self._shape, self._kept = folder, (height, width, 3), set(kept)
        self._shards: list[Shard] = []
        self._all, self.count, self._here = hashlib.sha256(), 0, 0
        self._part = folder / _PART
        self._most = max(1, SHARD_BYTES // (3 * width * height))
        self.remove_others(self._kept)  # what a killed process left
        self._begin()

    def add(self, picture: Picture) -> None:
        """Append one picture (H, W, 3)."""
        if self._here == self._most:
            self._seal()
            self._begin()
        content = np.ascontiguousarray(picture).data
        self._all.update(content)
        self._own.update(content)
        self._file.write(content)
        self._here += 1
        self.count += 1

    def finish(self) -> tuple[str, list[Shard]]:
        """Bring all to disk; returns the fingerprint of all pixels, and the shards.

        There are none of these where all is in one file, which `publish` puts into its place.
        """
        if self._shards:
            self._seal()
        else:
            self._close()
        return self._all.hexdigest(), self._shards

    def publish(self) -> None:
        """The description of the old set is gone: what belonged to it may go too."""
        if not self._shards:
            self._part.replace(self._folder / WHOLE)
        else:
            (self._folder / WHOLE).unlink(missing_ok=True)
        self._kept = {each.file for each in self._shards}

    def close(self) -> None:
        """Remove what was not finished, or belongs to a set that is no more."""
        self._file.close()
        self._part.unlink(missing_ok=True)
        self.remove_others(self._kept)

    def remove_others(self, kept: set[str]) -> None:
        """Remove all shards but these."""
        for path in list(self._folder.iterdir()):
            if SHARD.fullmatch(path.name) and path.name not in kept:
                path.unlink()

    def _begin(self) -> None:
        self._own, self._here = hashlib.sha256(), 0
        self._file: BinaryIO = open_own(self._part)
        self._write_header()

    def _close(self) -> None:
        self._file.seek(0)
        self._write_header()
        self._file.flush()
        os.fsync(self._file.fileno())  # a description will vouch for what lies on disk
        self._file.close()

    def _seal(self) -> None:
        self._close()
        sha256 = self._own.hexdigest()
        name = f"pictures-{len(self._shards):05d}-{sha256[:12]}.npy"
        self._part.replace(self._folder / name)
        self._shards.append(Shard(file=name, count=self._here, sha256=sha256))

    def _write_header(self) -> None:
        """NumPy pads the header for a first axis that grows, so its length never changes."""
        header = {"descr": "|u1", "fortran_order": False, "shape": (self._here, *self._shape)}
        np.lib.format.write_array_header_1_0(self._file, header)
