"""Stroke data unpacked for training: two arrays that are read from disk batch by batch.

Of a stroke only its opacity is kept, since its colour is exactly known.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from impasto.core.console import progress_bar
from impasto.core.files import atomic_writer, read_json, write_json
from impasto.errors import ImpastoError
from impasto.reading import Record, validated
from impasto.strokes.shards import (
    ABOUT,
    FORMAT,
    MOST,
    SIDE,
    VERSION,
    fingerprint_of,
    length_of,
    read_shard,
    recover,
    shards_in,
)


class About(Record):
    """What an unpacked set says of itself."""

    model_config = ConfigDict(extra="allow", strict=True)

    count: Annotated[int, Field(gt=0, le=MOST)]
    left_out: Annotated[int, Field(ge=0)] = 0
    """Strokes too pale to show their opacity."""

    fingerprint: str
    brush: str | None = None
    engine: str | None = None


@dataclass(frozen=True)
class StrokeSet:
    """An unpacked set: rows of actions and of opacities, memory-mapped."""

    folder: Path
    actions: NDArray[np.float32]
    """(N, 12), in [0, 1]."""

    alphas: NDArray[np.uint8]
    """(N, 64, 64), opacity."""

    about: About

    @property
    def fingerprint(self) -> str:
        """Tells one set from another."""
        return self.about.fingerprint


def import_shards(folder: Path, out: Path) -> StrokeSet:
    """Unpack the shards of a folder into a set for training; one that is there is only opened.

    Strokes too pale to show their opacity are left out.

    Raises:
        ImpastoError: a shard is broken, there are too many strokes, or `out` holds something else.
    """
    shards = shards_in(folder)
    fingerprint = fingerprint_of(shards)
    if (out / ABOUT).exists() and _set_to_renew(out).fingerprint == fingerprint:
        with suppress(ImpastoError):  # one that is not complete is made again
            return open_set(out)
    counts = [length_of(path) for path in shards]
    total = sum(counts)
    if total > MOST:
        raise ImpastoError(f"{folder} holds {total:,} strokes; at most {MOST:,} can be imported.")
    kept = 0
    made = (
        read_json(folder / ABOUT, "a description of strokes") if (folder / ABOUT).exists() else {}
    )
    with (
        atomic_writer(out / "actions.bin") as actions_file,
        atomic_writer(out / "alphas.bin") as alphas_file,
        progress_bar(unit="strokes") as progress,
    ):
        task = progress.add_task("Importing", total=total)
        for path in shards:
            for actions, strokes in read_shard(path):
                alphas, known = recover(actions, strokes)
                actions_file.write(np.ascontiguousarray(actions[known], "<f4").tobytes())
                alphas_file.write(alphas[known].tobytes())
                kept += int(known.sum())
                progress.advance(task, len(actions))
    if not kept:
        raise ImpastoError(f"{folder} holds no stroke that is dark enough to learn from.")
    origin = {
        key: made[key]
        for key in ("engine", "brush", "seed")
        if isinstance(made, dict) and key in made
    }
    about = {"format": FORMAT, "version": VERSION, "count": kept, "left_out": total - kept}
    write_json(out / ABOUT, about | origin | {"fingerprint": fingerprint})
    return open_set(out)


def _set_to_renew(out: Path) -> About:
    """What the set says that an import is about to write over.

    Raises:
        ImpastoError: it is no set.
    """
    try:
        return _described(out)
    except ImpastoError as error:
        holds = "shards" if any(out.glob("episodes_*.npz")) else f"a {ABOUT} of something else"
        raise ImpastoError(
            f"--out {out} holds {holds} and is not an imported set; name another folder."
        ) from error


def open_set(folder: Path) -> StrokeSet:
    """Open an unpacked set.

    Raises:
        ImpastoError: the folder holds none, or a broken one.
    """
    about = _described(folder)
    count = about.count
    files = {"actions.bin": 48 * count, "alphas.bin": SIDE * SIDE * count}
    for name, size in files.items():
        if not (folder / name).is_file() or (folder / name).stat().st_size != size:
            raise ImpastoError(f"{folder / name} is not complete; import the strokes again.")
    actions = np.memmap(folder / "actions.bin", "<f4", "r", shape=(count, 12))
    alphas = np.memmap(folder / "alphas.bin", np.uint8, "r", shape=(count, SIDE, SIDE))
    return StrokeSet(folder, actions, alphas, about)


def _described(folder: Path) -> About:
    """What an unpacked set says of itself.

    Raises:
        ImpastoError: the folder holds none.
    """
    about = read_json(folder / ABOUT, "a description of strokes", limit=2**20)
    try:
        return validated(About, about, str(folder))
    except ImpastoError as error:
        raise ImpastoError(
            f"{folder} is not an imported set; make one with `impasto strokes import`."
        ) from error


def open_training_set(folder: Path) -> StrokeSet:
    """A set to train on: an imported one, or shards, which are imported beside themselves first.

    Raises:
        ImpastoError: the folder holds neither.
    """
    if (folder / "alphas.bin").exists():
        return open_set(folder)
    return import_shards(folder, folder / "imported")
