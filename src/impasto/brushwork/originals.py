"""The originals whose paint is used: a folder's, a prepared set's, or those that a run learnt."""

import hashlib
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from impasto.brushwork.donors import NUMBERS, PATCHES, THUMB, places_of
from impasto.core.console import counted, say, track
from impasto.core.files import atomic_writer, read_json, state_of, write_json
from impasto.core.images import FILTER
from impasto.core.parallel import map_in_order
from impasto.core.shipped import RUNS, find
from impasto.data.crop import fit_picture
from impasto.data.dataset import Dataset, is_dataset, open_dataset, read_index
from impasto.data.decode import Unreadable, Wanted, decode_image, to_array
from impasto.data.files import list_files
from impasto.errors import ImpastoError
from impasto.generate.artefact import Artefact
from impasto.prepare.store import FOLDER, source_of

OPTION = "--paint-from"

LONGEST_SHAPE = 1.5
"""Times as long as it is wide that an original is used, at most: its middle."""

_LOOKING = "Looking at originals"

_MOST_NOTED = 2**28
"""Bytes of the list beside remembered thumbnails."""


@dataclass(frozen=True)
class Originals:
    """Pictures that paint may be taken from."""

    shown: str
    """What the user calls them."""

    names: tuple[str, ...]
    folder: Path | None
    """Where the files lie that have these names; None where they are a set's own pictures."""

    pictures: NDArray[np.uint8] | None
    """(N, H, W, 3) of a set whose files are gone."""

    remembered: Path
    """Where what was found out about them is kept."""

    barred: frozenset[int] = frozenset()
    """Those that are not to be used."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)

    def open(self, number: int, short: int, mirrored: bool = False) -> Tensor:
        """One of them: (1, 3, H, W) in 0–1, its shorter side at most `short`.

        Raises:
            ImpastoError: it cannot be read any more.
        """
        if self.folder is None:
            assert self.pictures is not None  # one of the two
            image = Image.fromarray(np.asarray(self.pictures[number]))
        else:
            path = self.folder / self.names[number]
            try:
                image = decode_image(path, _at_least(short)).image
            except Unreadable as error:
                raise ImpastoError(f"{path} cannot be read as a picture: {error}.") from error
        image = _shortened(image, short)
        array = to_array(image)
        if mirrored:
            array = np.ascontiguousarray(array[:, ::-1])
        return torch.from_numpy(array).permute(2, 0, 1)[None].float() / 255

    @cached_property
    def known(self) -> NDArray[np.float16]:
        """(N, PATCHES, NUMBERS): what their places look like; NaN for those that are no pictures.

        Remembered from call to call; only files that have changed are looked at again.
        """
        if self.folder is None:
            assert self.pictures is not None  # one of the two
            return np.stack([_places(p) for p in track(self.pictures, _LOOKING, len(self))])
        states = [(name, *state_of(self.folder / name)) for name in self.names]
        known = _recalled(self.remembered)
        missing = [n for n, state in enumerate(states) if state not in known]
        if missing:
            paths = [self.folder / self.names[n] for n in missing]
            found = track(map_in_order(_look, paths, len(paths)), _LOOKING, len(paths))
            known |= {states[n]: row for n, row in zip(missing, found, strict=True)}
        rows: NDArray[np.float16] = np.stack([known[state] for state in states])
        if missing:
            _remember(self.remembered, states, rows)
        return rows

    @cached_property
    def usable(self) -> NDArray[np.bool_]:
        """(N,): which are pictures; of the others one line is said.

        Raises:
            ImpastoError: none is.
        """
        good = ~np.isnan(np.asarray(self.known[:, 0, 0], np.float32))
        if bad := len(good) - int(good.sum()):
            say(f"{counted(bad, 'file')} of {self.shown} cannot be read as pictures.", style="dim")
        good[list(self.barred)] = False
        if not good.any():
            raise ImpastoError(f"{self.shown} holds no picture that can be used; name another.")
        return good


def find_originals(text: str, short: int, leave_out: Sequence[str] = ()) -> Originals:
    """What `--paint-from` names.

    Args:
        text: a folder of pictures, a prepared set, or a run.
        short: shorter side of the result in pixels: a set's own pictures do only if that large.
        leave_out: patterns of names that are not to be used.

    Raises:
        ImpastoError: there is nothing, or the originals are gone.
    """
    place = find(Path(text).expanduser()) or Path(text).expanduser()
    if is_dataset(place):
        found = _of_set(text, open_dataset(place), short)
    elif place.is_dir() and not Artefact(place).is_run:
        names = tuple(file.as_posix() for file in list_files(place, called=Path(text))[0])
        found = Originals(text, names, place, None, _cache(place))
    elif place.is_dir():
        found = _of_set(text, Artefact.find(Path(text)).originals(option=OPTION), short)
    else:
        raise ImpastoError(
            f"{OPTION} {text}: there is no such folder; name a folder of pictures, a prepared "
            "set, or a run."
        )
    return _without(found, leave_out)


def _of_set(text: str, dataset: Dataset, short: int) -> Originals:
    source = source_of(dataset.folder)
    names = tuple(row["file"] for row in read_index(dataset.folder))
    remembered = dataset.folder / FOLDER / "paint"
    if source is not None and source.is_dir() and (source / names[0]).is_file():
        return Originals(text, names, source, None, remembered)
    if min(dataset.height, dataset.width) >= short:
        return Originals(text, names, None, dataset.pictures, remembered)
    was = f" were in {source}, which" if source is not None and not source.exists() else ""
    gone = f"{was} is gone" if was else " do not lie in a folder"
    raise ImpastoError(
        f"The originals of {text}{gone}; the set itself has them at {dataset.width}×"
        f"{dataset.height} pixels only: name the folder of the files with {OPTION}."
    )


def _without(originals: Originals, patterns: Sequence[str]) -> Originals:
    """Without those that somebody does not want to be used.

    Raises:
        ImpastoError: a pattern fits no name.
    """
    barred: set[int] = set()
    for pattern in patterns:
        fitting = {n for n, name in enumerate(originals.names) if _fits(name, pattern)}
        if not fitting:
            raise ImpastoError(f"--leave-out {pattern} fits no original of {originals.shown}.")
        barred |= fitting
    return replace(originals, barred=frozenset(barred))


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(name.rpartition("/")[2], pattern)


def _shortened(image: Image.Image, short: int) -> Image.Image:
    """Its middle, no longer than `LONGEST_SHAPE`, the shorter side at most `short`."""
    width, height = image.size
    side = min(width, height)
    most = round(side * LONGEST_SHAPE)
    left, top = max(0, width - most) // 2, max(0, height - most) // 2
    box = (left, top, left + min(width, most), top + min(height, most))
    scale = min(1.0, short / side)
    size = (max(1, round((box[2] - left) * scale)), max(1, round((box[3] - top) * scale)))
    return image.resize(size, FILTER, box) if size != image.size else image


def thumb_of(image: Image.Image) -> Tensor:
    """(1, 3, THUMB, THUMB) in 0–1: the middle square."""
    small = np.asarray(fit_picture(image, THUMB, THUMB, "crop"))
    return torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 255


def _at_least(short: int) -> Wanted:
    """The least size at which a picture's shorter side still has so many pixels."""

    def wanted(width: int, height: int) -> tuple[int, int]:
        scale = short / min(width, height)
        return math.ceil(width * scale), math.ceil(height * scale)

    return wanted


def _look(path: Path) -> NDArray[np.float16]:
    try:
        image = decode_image(path, _at_least(THUMB)).image
    except Unreadable:
        return np.full((PATCHES, NUMBERS), np.nan, np.float16)
    return places_of(thumb_of(image)).numpy().astype(np.float16)


def _places(picture: NDArray[np.uint8]) -> NDArray[np.float16]:
    return places_of(thumb_of(Image.fromarray(np.asarray(picture)))).numpy().astype(np.float16)


def _cache(folder: Path) -> Path:
    """Beside the sets that `train` prepares by itself."""
    digest = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogateescape"))
    return RUNS / "prepared" / f"{folder.resolve().name}-paint-{digest.hexdigest()[:8]}"


def _recalled(place: Path) -> dict[tuple[Any, ...], NDArray[np.float16]]:
    """What is known of files, by name and state; nothing where it is missing or damaged."""
    try:
        states = read_json(place / "originals.json", "a list of originals", _MOST_NOTED)
        rows = _rows(place, len(states))
        return {tuple(state): row for state, row in zip(states, rows, strict=True)}
    except (ImpastoError, OSError, TypeError, ValueError):
        return {}


def _rows(place: Path, count: int) -> NDArray[np.float16]:
    rows = np.load(place / "places.npy", mmap_mode="r", allow_pickle=False)
    if rows.shape != (count, PATCHES, NUMBERS) or rows.dtype != np.float16:
        raise ValueError("of another shape")
    return np.asarray(rows)


def _remember(place: Path, states: Sequence[tuple[Any, ...]], known: NDArray[np.float16]) -> None:
    with suppress(OSError, ImpastoError):  # it only saves time
        place.mkdir(parents=True, exist_ok=True)
        (place / "originals.json").unlink(missing_ok=True)  # it vouches for the rows
        with atomic_writer(place / "places.npy") as file:
            np.save(file, known, allow_pickle=False)
        write_json(place / "originals.json", list(states))
