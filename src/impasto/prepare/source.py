"""What DATA may be: a prepared set, a folder of pictures, or a built-in set that is painted."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from impasto.config import Config, change
from impasto.core.console import counted, say, track
from impasto.core.files import read_json, state_of, write_json
from impasto.core.images import FILTER, Picture
from impasto.core.parallel import map_in_order
from impasto.data.crop import middle
from impasto.data.dataset import (
    Dataset,
    DatasetWriter,
    describe_dataset,
    is_dataset,
    open_dataset,
)
from impasto.data.files import COLOURFIELD, check_named, label_of, list_files, name_of
from impasto.errors import ImpastoError
from impasto.prepare.photographs import Look
from impasto.prepare.pipeline import prepare
from impasto.sizes import Fit, write_sides

RUNS = Path("runs")
"""Where trainings go, and what they prepare, unless the user says otherwise."""

_DEFAULT_COUNT = 2_000
_MOST_COUNT = 1_000_000
_SOURCE = "source.json"
"""Beside a cached set: the names, sizes and times of the files that it was made of."""


def resolve(
    data: str,
    size: int | tuple[int, int],
    fit: Fit,
    beside: Path,
    look: Look | None = None,
) -> Dataset:
    """Open what the user named as DATA, preparing it first where needed.

    Args:
        data: a prepared set, a folder of pictures, `colourfield` or `colourfield:COUNT`.
        size: of the pictures that the model wants, in pixels: the side of squares, or
            (width, height).
        fit: how pictures get that size, should they have to be prepared.
        beside: the folder in whose `prepared/` sets made on the fly are kept and found again; those
            in `runs/prepared` are found as well.
        look: the feature network that finds photographs; without it they are let in.

    Raises:
        ImpastoError: there is no such data, or it has another size.
    """
    folder = find(data)
    width, height = (size, size) if isinstance(size, int) else size
    if folder is None:
        return _painted(_count(data.partition(":")[2]), width, height, beside)
    if is_dataset(folder):
        dataset = open_dataset(folder)
        if (dataset.width, dataset.height) != (width, height):
            raise ImpastoError(
                f"{folder} holds pictures of {dataset.width}×{dataset.height}, the recipe wants "
                f"{width}×{height}; {_way_out(dataset)}prepare at --size "
                f"{write_sides(width, height)}."
            )
        return dataset
    return _prepared(folder, width, height, fit, beside, look)


def count_pictures(data: str, sides: tuple[int, int], fit: Fit, beside: Path) -> int | None:
    """How many pictures `resolve` would find prepared already, by a look at photographs as well.

    None for what it would have to make first.

    Raises:
        ImpastoError: there is no such data.
    """
    folder = find(data)
    if folder is None:
        return None
    if is_dataset(folder):
        return len(open_dataset(folder))
    *places, state = _cached(folder, *sides, fit, beside, looked=True)
    known = (_known(place, state) for place in places)
    return next((len(dataset) for dataset in known if dataset is not None), None)


def as_prepared(config: Config, data: str) -> Config:
    """The configuration at a prepared set's own size, for the family that paints any.

    Raises:
        ImpastoError: there is no such data, or its size is none that can be painted.
    """
    folder = find(data)
    if config.model.architecture != "impasto" or folder is None or not is_dataset(folder):
        return config
    about = describe_dataset(folder)
    size = write_sides(about["width"], about["height"])
    if size != config.model.size:
        say(f"Pictures of {about['width']}×{about['height']}, as {folder} was prepared.")
    return change(config, {"model.size": size}, str(folder))


def _way_out(dataset: Dataset) -> str:
    if dataset.width == dataset.height:
        return f"add --set model.size={dataset.width}, or "
    return "take a recipe of the architecture impasto, whose pictures need not be square, or "


def find(data: str) -> Path | None:
    """The folder that DATA names; None for the built-in set.

    Raises:
        ImpastoError: there is no such folder, or it is something else.
    """
    folder = Path(data).expanduser()
    if os.path.isdir(folder):  # noqa: PTH112 -- never raises, however odd the name
        if (folder / "recipe.yaml").is_file() and is_dataset(folder):
            raise ImpastoError(
                f"{folder} is a run, not DATA; go on with its own DATA and --out {folder}, "
                "or paint with impasto generate."
            )
        return folder
    if os.path.lexists(folder):
        if not os.path.exists(folder):  # noqa: PTH110
            raise ImpastoError(f"DATA {data!r} is a link to nothing; name a folder of pictures.")
        raise ImpastoError(
            f"DATA {data!r} is a file; name a folder, or make a set of an archive first: "
            f"impasto prepare {data}."
        )
    check_named(data)
    return None


def labels_in(data: str) -> list[str]:
    """The labels of what the user named as DATA; of a folder those that preparing may find.

    Raises:
        ImpastoError: there is no such data.
    """
    folder = find(data)
    if folder is None:
        from impasto.data.colourfield import FAMILIES

        return sorted(FAMILIES[: _count(data.partition(":")[2])])
    if is_dataset(folder):
        return list(describe_dataset(folder).get("labels", []))
    return sorted({label_of(name_of(file)) for file in list_files(folder)[0]} - {""})


def _prepared(
    folder: Path, width: int, height: int, fit: Fit, beside: Path, look: Look | None
) -> Dataset:
    """Prepare a folder into the cache, or reuse what lies there if no file has changed."""
    place, elsewhere, state = _cached(folder, width, height, fit, beside, look is not None)
    for where in (place, elsewhere):
        if (known := _known(where, state)) is not None:
            return known
    with _alone(place):
        if (known := _known(place, state)) is not None:  # made while this one waited
            return known
        say(
            f"Preparing {counted(len(state), 'file')} of {folder} at {width}×{height} (kept in "
            f"{place})."
        )
        report = prepare(folder, place, size=(width, height), fit=fit, look=look)
        write_json(place / _SOURCE, state)
    for notice in report.notices:
        say(notice.says)
    dropped = ", ".join(f"{count} {reason}" for reason, count in sorted(report.reasons.items()))
    say(f"{report.kept} kept; dropped: {dropped or 'none'} ({place / 'report.html'}).")
    return open_dataset(place)


def _cached(
    folder: Path, width: int, height: int, fit: Fit, beside: Path, looked: bool
) -> tuple[Path, Path, list[list[Any]]]:
    """Where a folder's cached set belongs and where it may lie as well; what its files are now."""
    size = write_sides(width, height)
    settings = f"{size} {fit} {FILTER.name} {looked} {folder.resolve()}"
    title = f"{folder.resolve().name}-{size}-{fit}"
    place = _cache(beside, title, settings)
    files, _ = list_files(folder, place)
    state = [[name_of(f), *state_of(folder / f)] for f in files]
    return place, _cache(RUNS, title, settings), state


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
            f"say how many pictures, from 1 to {_MOST_COUNT}: {COLOURFIELD}:2000."
        )
    return int(text)


def _cache(beside: Path, title: str, settings: str) -> Path:
    digest = hashlib.sha256(settings.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return beside / "prepared" / f"{title}-{digest}"
