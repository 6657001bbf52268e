"""What DATA may be: a prepared set, a folder of pictures, or a built-in set that is painted."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, Self

from filelock import FileLock, Timeout

from impasto.config import Config, change
from impasto.core.console import counted, say, track
from impasto.core.files import read_json, state_of, write_json
from impasto.core.images import FILTER, Picture
from impasto.core.parallel import map_in_order
from impasto.data.crop import middle
from impasto.data.dataset import Dataset, DatasetWriter, is_dataset, open_dataset
from impasto.data.description import Description, describe_dataset
from impasto.data.files import COLOURFIELD, check_named, label_of, list_files, name_of
from impasto.errors import ImpastoError
from impasto.families import families_with
from impasto.prepare.photographs import Look
from impasto.prepare.pipeline import prepare
from impasto.sizes import Fit, read_sides, write_sides

RUNS = Path("runs")
"""Where trainings go, and what they prepare, unless the user says otherwise."""

_DEFAULT_COUNT = 2_000
_MOST_COUNT = 1_000_000
_SOURCE = "source.json"
"""Beside a cached set: the names, sizes and times of the files that it was made of."""


Kind = Literal["set", "folder", "built-in"]


@dataclass(frozen=True)
class Data:
    """What the user named as DATA. It is looked at once: what is found is kept."""

    name: str
    """As it was named."""

    folder: Path | None
    """Where it lies; None for the built-in set."""

    kind: Kind
    painted: int = 0
    """Pictures of the built-in set."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Understand DATA: a prepared set, a folder of pictures, `colourfield`, `colourfield:9`.

        Raises:
            ImpastoError: there is no such folder, it is something else, or the count is none.
        """
        if not text.strip():  # a variable of a shell that was never set is not this folder
            raise ImpastoError("DATA is empty; name a folder of pictures, or . for this one.")
        folder = Path(text).expanduser()
        if os.path.isdir(folder):  # noqa: PTH112 -- never raises, however odd the name
            if not is_dataset(folder):
                return cls(text, folder, "folder")
            if (folder / "recipe.yaml").is_file():
                raise ImpastoError(
                    f"{folder} is a run, not DATA; go on with its own DATA and --out {folder}, "
                    "or paint with impasto generate."
                )
            return cls(text, folder, "set")
        if os.path.lexists(folder):
            if not os.path.exists(folder):  # noqa: PTH110
                raise ImpastoError(f"DATA {text!r} is a broken link; name a folder of pictures.")
            raise ImpastoError(
                f"DATA {text!r} is a file; name a folder, or make a set of an archive first: "
                f"impasto prepare {text}."
            )
        check_named(text)
        return cls(text, None, "built-in", _count(text.partition(":")[2]))

    def check_apart(self, out: Path) -> None:
        """Refuse to train into a folder whose own files would be replaced.

        Raises:
            ImpastoError: it is DATA itself, or a prepared set.
        """
        if self.folder is not None and out.resolve() == self.folder.resolve():
            raise ImpastoError(f"--out {out} is DATA itself; name another folder.")
        if is_dataset(out) and not (out / "recipe.yaml").is_file():
            raise ImpastoError(f"--out {out} is a prepared set; name another folder.")

    @cached_property
    def labels(self) -> list[str]:
        """Names of its labels; of a folder those that preparing may find.

        Raises:
            ImpastoError: the folder holds no pictures, or the set is damaged.
        """
        if self.kind == "built-in":
            from impasto.data.colourfield import FAMILIES

            return sorted(FAMILIES[: self.painted])
        if self.kind == "set":
            return list(self._described.labels)
        return sorted({label_of(name_of(file)) for file in self._listed[0]} - {""})

    @property
    def size(self) -> str | None:
        """The size that its pictures have already, as `64` or `192x128`; None if they have none.

        Raises:
            ImpastoError: the set is damaged.
        """
        if self.kind != "set":
            return None
        return str(write_sides(self._described.width, self._described.height))

    def open(
        self, size: int | tuple[int, int], fit: Fit, beside: Path, look: Look | None = None
    ) -> Dataset:
        """Its pictures at a size, prepared or painted first where needed.

        Args:
            size: of the pictures that the model wants, in pixels: the side of squares, or
                (width, height).
            fit: how pictures get that size, should they have to be prepared.
            beside: the folder in whose `prepared/` sets made on the fly are kept and found again;
                those in `runs/prepared` are found as well.
            look: the feature network that finds photographs; without it they are let in.

        Raises:
            ImpastoError: it has another size, or holds no pictures.
        """
        width, height = (size, size) if isinstance(size, int) else size
        if self.kind == "built-in":
            return _painted(self.painted, width, height, beside)
        if self.kind == "folder":
            return self._prepared(width, height, fit, beside, look)
        dataset = self._opened
        if (dataset.width, dataset.height) != (width, height):
            raise ImpastoError(
                f"{self.folder} holds pictures of {dataset.width}×{dataset.height}, the recipe "
                f"wants {width}×{height}; {_way_out(dataset)}prepare at --size "
                f"{write_sides(width, height)}."
            )
        return dataset

    def count(self, sides: tuple[int, int], fit: Fit, beside: Path) -> int | None:
        """How many pictures `open` would find prepared already, by a look at photographs as well.

        None for what it would have to make first.
        """
        if self.kind == "built-in":
            return None
        if self.kind == "set":
            return len(self._opened)
        *places, state = self._cached(*sides, fit, beside, looked=True)
        known = (_known(place, state) for place in places)
        return next((len(dataset) for dataset in known if dataset is not None), None)

    @cached_property
    def _described(self) -> Description:
        assert self.folder is not None  # a set has one
        return describe_dataset(self.folder)

    @cached_property
    def _opened(self) -> Dataset:
        assert self.folder is not None
        return open_dataset(self.folder, self._described)

    @cached_property
    def _listed(self) -> tuple[list[Path], int]:
        """Files that may be pictures, and how many others; sets and runs inside are left out."""
        assert self.folder is not None
        return list_files(self.folder)

    def _prepared(
        self, width: int, height: int, fit: Fit, beside: Path, look: Look | None
    ) -> Dataset:
        """Prepare a folder into the cache, or reuse what lies there if no file has changed."""
        assert self.folder is not None
        place, elsewhere, state = self._cached(width, height, fit, beside, look is not None)
        for where in (place, elsewhere):
            if (known := _known(where, state)) is not None:
                return known
        with _alone(place):
            if (known := _known(place, state)) is not None:  # made while this one waited
                return known
            say(
                f"Preparing {counted(len(state), 'file')} of {self.folder} at {width}×{height} "
                f"(kept in {place})."
            )
            report = prepare(
                self.folder, place, size=(width, height), fit=fit, look=look, listed=self._listed
            )
            write_json(place / _SOURCE, state)
        for notice in report.notices:
            say(notice.says)
        dropped = ", ".join(f"{count} {reason}" for reason, count in sorted(report.reasons.items()))
        say(f"{report.kept} kept; dropped: {dropped or 'none'} ({place / 'report.html'}).")
        return open_dataset(place)

    def _cached(
        self, width: int, height: int, fit: Fit, beside: Path, looked: bool
    ) -> tuple[Path, Path, list[list[Any]]]:
        """Where its set belongs in the cache and where it may lie too; what its files are now."""
        assert self.folder is not None
        folder, size = self.folder, write_sides(width, height)
        settings = f"{size} {fit} {FILTER.name} {looked} {folder.resolve()}"
        title = f"{folder.resolve().name}-{size}-{fit}"
        state = [[name_of(file), *state_of(folder / file)] for file in self._listed[0]]
        return _cache(beside, title, settings), _cache(RUNS, title, settings), state


def at_its_size(config: Config, data: Data) -> Config:
    """The configuration at a prepared set's own size, for the family that paints any.

    Raises:
        ImpastoError: the set is damaged, or its size is none that can be painted.
    """
    if not config.model.family.any_size or data.size is None:
        return config
    if data.size != str(config.model.size):
        width, height = read_sides(data.size)
        say(f"Pictures of {width}×{height}, as {data.folder} was prepared.")
    return change(config, {"model.size": data.size}, str(data.folder))


def _way_out(dataset: Dataset) -> str:
    if dataset.width == dataset.height:
        return f"add --set model.size={dataset.width}, or "
    able = families_with("any_size")
    return f"take a recipe of the architecture {able}, whose pictures need not be square, or "


def _known(place: Path, state: list[list[Any]] | None) -> Dataset | None:
    """The set in the cache, if it is whole and was made of exactly these files."""
    try:
        if state is None or read_json(place / _SOURCE, "a list of files", 2**30) == state:
            return open_dataset(place)
    except ImpastoError:  # there is none, or it is damaged: it is made anew
        pass
    return None


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Only one process makes a cached set; others wait for it."""
    place.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place / ".making.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"Another process is making {place}; waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _painted(count: int, width: int, height: int, beside: Path) -> Dataset:
    """Paint the built-in colour fields into the cache, or reuse them."""
    from impasto.data import colourfield

    size = write_sides(width, height)
    place = _cache(beside, f"{COLOURFIELD}-{count}-{size}", f"style {colourfield.STYLE}")
    if (known := _known(place, None)) is not None:  # it may lie where nobody may write
        return known
    with _alone(place):
        if _known(place, None) is None:
            _paint_all(place, count, width, height)
    return open_dataset(place)


def _paint_all(place: Path, count: int, width: int, height: int) -> None:
    from impasto.data import colourfield

    say(f"Painting {count} colour fields at {width}×{height} (kept in {place}).")
    families = colourfield.FAMILIES
    work = map_in_order(partial(_paint, width, height), range(count), count)
    with DatasetWriter(place, width, height) as writer:
        for seed, picture in enumerate(track(work, "painting", count, "pictures")):
            family = families[seed % len(families)]
            writer.add(picture, f"{COLOURFIELD}/{seed}", family)
        writer.finish(COLOURFIELD, fit="none", filter="none", source=COLOURFIELD, options={})


def _paint(width: int, height: int, seed: int) -> Picture:
    """One colour field; the families take turns. Runs in a worker."""
    from impasto.data import colourfield

    family = colourfield.FAMILIES[seed % len(colourfield.FAMILIES)]
    return middle(colourfield.paint(seed, max(width, height), family), width, height)


def _count(text: str) -> int:
    if not text:
        return _DEFAULT_COUNT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST_COUNT:
        raise ImpastoError(
            f"{COLOURFIELD}:{text} is not understood; "
            f"give a number of pictures from 1 to {_MOST_COUNT}: {COLOURFIELD}:2000."
        )
    return int(text)


def _cache(beside: Path, title: str, settings: str) -> Path:
    digest = hashlib.sha256(settings.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return beside / "prepared" / f"{title}-{digest}"
