"""A prepared set: a folder with `pictures.npy` or shards, `index.csv` and `dataset.json`.

Pictures are plain uint8 (N, H, W, 3), RGB, read through memory maps: opening them costs nothing
and any number of trainings share one copy in memory. `dataset.json` is written last and removed
first, so that a half-written set is never mistaken for a whole one.
"""

import csv
import hashlib
import io
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import counted
from impasto.core.files import as_json, atomic_writer, open_own, publish, read_json
from impasto.core.images import Picture
from impasto.core.tables import header, line, read_table
from impasto.data.description import (
    DESCRIPTION,
    FORMAT,
    LARGEST_SIDE,
    MOST_LABELS,
    SHARDED,
    VERSION,
    Description,
    describe_dataset,
)
from impasto.data.files import WHOLE
from impasto.data.shards import Shards, ShardWriter, open_shard
from impasto.errors import ImpastoError
from impasto.reading import open_file

PICTURES, INDEX = WHOLE, "index.csv"

_SOME = 1
"""The stream of `some_rows`, another than that of `split_rows`."""

_LARGEST_INDEX = 2**30


@dataclass(frozen=True)
class Dataset:
    """An opened set."""

    folder: Path
    name: str
    pictures: NDArray[np.uint8]
    """(N, H, W, 3), RGB, 0–255; a read-only memory map, or `Shards`, which read like one."""
    width: int
    height: int
    fingerprint: str
    """SHA-256 over all pixels in order: equal sets agree wherever they lie."""
    labels: tuple[str, ...]
    """Names of the labels; empty when there are none."""
    label_of: NDArray[np.int64] | None
    """(N,), position in `labels`, −1 where a picture has none; None without labels."""
    options: dict[str, object] = field(default_factory=dict)
    """How it was made, as `dataset.json` tells; for people, and to reuse its rows."""

    def __len__(self) -> int:
        """How many pictures there are."""
        return len(self.pictures)


def split_rows(
    count: int, hold_out: float, seed: int = 0
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows to learn from, and rows to hold out, so that learning by heart can be told.

    Args:
        count: pictures in the set.
        hold_out: share to hold out, 0–0.5; rounded to the nearest number of pictures.
        seed: which. Leave it alone from training to training, so that all can be compared.

    Returns:
        Both ascending; together they are all rows.

    Raises:
        ImpastoError: a share beyond 0–0.5.
    """
    if not 0 <= hold_out <= 0.5:
        raise ImpastoError(f"The share to hold out must lie between 0 and 0.5, not {hold_out}.")
    order = np.random.default_rng(seed).permutation(count)
    held = round(count * hold_out)
    return np.sort(order[held:]), np.sort(order[:held])


def some_rows(count: int, most: int, seed: int = 0) -> NDArray[np.intp]:
    """Rows drawn by chance, or all if there are no more than `most`.

    Drawn apart from `split_rows`: rows held out come in proportion, not first.

    Returns:
        Ascending rows, since a memory map is read forwards.
    """
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng((seed, _SOME)).permutation(count)[:most])


def is_dataset(folder: Path) -> bool:
    """Whether `folder` says that it is a prepared set (`open_dataset` checks whether it is).

    Other tools write a `dataset.json` beside their pictures too.
    """
    if not (folder / DESCRIPTION).is_file():
        return False
    if (folder / PICTURES).exists():  # whatever has become of the description
        return True
    with suppress(ImpastoError):
        found = read_json(folder / DESCRIPTION, "the description of a prepared set")
        return isinstance(found, dict) and found.get("format") == FORMAT
    return False


def open_dataset(folder: Path, about: Description | None = None) -> Dataset:
    """Open a prepared set, checking everything a stranger may have sent.

    Args:
        folder: the set.
        about: what `describe_dataset` says of it, if that is known already.

    Raises:
        ImpastoError: a part is missing, or the parts do not agree.
    """
    about = about or describe_dataset(folder)
    parts = [open_shard(folder, shard, about.height, about.width) for shard in about.files]
    # One array reads as many do; nobody else need know which it is.
    pictures = parts[0] if len(parts) == 1 else cast("NDArray[np.uint8]", Shards(parts))
    return Dataset(
        folder=folder,
        name=about.name,
        pictures=pictures,
        width=about.width,
        height=about.height,
        fingerprint=about.fingerprint,
        labels=about.labels,
        label_of=_labels_of(folder, about.count, about.labels),
        options=about.made_with,
    )


def read_index(folder: Path) -> list[dict[str, str]]:
    """The rows of `index.csv` in the pictures' order: which file each came from, and its label.

    Raises:
        ImpastoError: it is missing, too large, or not a table.
    """
    path = folder / INDEX
    try:
        found = read_table(path, "an index", ("file", "label"), _LARGEST_INDEX)
    except FileNotFoundError as error:
        raise ImpastoError(f"{path} is missing; prepare the folder again.") from error
    if found.torn:
        raise ImpastoError(f"{path}, line {found.torn[0][0]} is torn; prepare the folder again.")
    if "row" not in found.columns:
        return found.rows
    # A spreadsheet may have sorted them.
    by_number = {row["row"].strip(): row for row in found.rows}
    try:
        return [by_number[str(number)] for number in range(len(found.rows))]
    except KeyError as error:
        raise ImpastoError(
            f"{path} has no row {error.args[0]}, or one twice; prepare the folder again."
        ) from error


def is_index_as_written(folder: Path, about: Description) -> bool:
    """Whether nobody has changed `index.csv` since; a set that does not tell is believed.

    Raises:
        OSError: it is missing.
    """
    if about.index is None:
        return True
    with (folder / INDEX).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == about.index


def _labels_of(folder: Path, count: int, labels: tuple[str, ...]) -> NDArray[np.int64] | None:
    if not labels:
        return None
    number = {label: position for position, label in enumerate(labels)} | {"": -1}
    found = _labels_as_written(folder / INDEX, count, number)
    if found is None:
        rows = read_index(folder)
        found = np.array([number.get(row.get("label") or "", -2) for row in rows], dtype=np.int64)
    if len(found) != count or -2 in found:
        raise ImpastoError(
            f"{folder / INDEX} does not fit {DESCRIPTION}: prepare the folder again."
        )
    return found


def _labels_as_written(path: Path, count: int, number: dict[str, int]) -> NDArray[np.int64] | None:
    """Labels by the way, of an index that is as it was written: no row of it stays in memory."""
    read = 0
    try:
        if path.stat().st_size < count:  # a description may promise more than memory holds
            return None
        found = np.full(count, -2, dtype=np.int64)
        with open_file(path, "an index", _LARGEST_INDEX) as content:
            rows = csv.reader(io.TextIOWrapper(content, "utf-8", newline=""), strict=True)
            if next(rows, [])[:3] != ["row", "file", "label"]:
                return None
            for read, (row, _, label, *_) in enumerate(rows, start=1):
                if read > count or row != str(read - 1) or label not in number:
                    return None
                found[read - 1] = number[label]
    except (OSError, ValueError, csv.Error):
        return None
    return found if read == count else None


class DatasetWriter:
    """Writes a prepared set picture by picture; nothing is visible before `finish`.

    Memory does not grow with the set. Use it as a context manager: leaving it by an exception,
    or without `finish`, leaves a set that was there before as it was.
    """

    def __init__(self, folder: Path, width: int, height: int) -> None:
        if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
            raise ImpastoError(f"A picture of {width}×{height} is not possible; sides are 1–4096.")
        self.folder, self.width, self.height = folder, width, height
        self._labels: set[str] = set()
        self._columns: tuple[str, ...] = ()
        folder.mkdir(parents=True, exist_ok=True)
        kept = list[str]()
        with suppress(ImpastoError):
            kept = [each.file for each in describe_dataset(folder).files]
        self._pixels = ShardWriter(folder, width, height, kept)
        self._part = folder / f".{INDEX}.part"
        self._index: BinaryIO = open_own(self._part)
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was not finished."""
        self._pixels.close()
        self._index.close()
        self._part.unlink(missing_ok=True)

    def __len__(self) -> int:
        """How many pictures were added."""
        return self._pixels.count

    def add(self, picture: Picture, file: str, label: str = "", **more: Any) -> None:
        """Append one picture.

        Args:
            picture: (height, width, 3), uint8, RGB.
            file: where it came from, relative to its source.
            label: its label; empty for none.
            more: further columns of `index.csv`; the same ones for every picture.
        """
        if picture.shape != (self.height, self.width, 3) or picture.dtype != np.uint8:
            raise ValueError(f"{file}: {picture.shape} {picture.dtype} does not fit this set")
        row = {"row": len(self), "file": file, "label": label, **more}
        if not self._columns:
            self._columns = tuple(row)
            self._write(header(self._columns))
        self._write(line(self._columns, row))
        self._pixels.add(picture)
        self._labels.add(label)

    def finish(self, name: str, **about: Any) -> str:
        """Make the set visible and return its fingerprint.

        Args:
            name: the set's name, for people.
            about: further plain values for `dataset.json`: fit, filter, source, options.

        Raises:
            ImpastoError: no picture was added.
        """
        if not len(self):
            raise ImpastoError(f"Nothing is left to put into {self.folder}.")
        labels = sorted(self._labels - {""})
        if len(labels) > MOST_LABELS:
            raise ImpastoError(
                f"{counted(len(labels), 'label')} are too many; Impasto takes {MOST_LABELS}."
            )
        count = len(self)
        fingerprint, shards = self._pixels.finish()
        description = {"format": FORMAT, "version": SHARDED if shards else VERSION, "name": name}
        description |= {"count": count, "width": self.width, "height": self.height}
        description |= {"fingerprint": fingerprint, "index": self._digest.hexdigest()}
        description["labels"] = labels
        if shards:
            description["shards"] = [each.model_dump() for each in shards]
        with atomic_writer(self.folder / DESCRIPTION) as file:
            file.write(as_json({**description, **about}))
            # All is on disk, whatever its room, before the old set goes: the rest is renaming.
            for each in (file, self._index):
                each.flush()
                os.fsync(each.fileno())
            (self.folder / DESCRIPTION).unlink(missing_ok=True)
            self._pixels.publish()
            publish(self._index, self._part, self.folder / INDEX)
        return fingerprint

    def _write(self, text: str) -> None:
        content = text.encode("utf-8", "backslashreplace")
        self._digest.update(content)
        self._index.write(content)
