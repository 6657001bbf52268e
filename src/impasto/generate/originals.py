"""The pictures that a generator learnt from, found again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.core.files import read_json
from impasto.core.runs import Run
from impasto.core.shipped import RUNS, WEIGHTS
from impasto.data.dataset import Dataset, describe_dataset, is_dataset, open_dataset, split_rows
from impasto.errors import ImpastoError
from impasto.prepare.feature_network import feature_network
from impasto.prepare.source import Data
from impasto.recipes import load


def originals_of(
    run: Run,
    data: Path | None = None,
    option: str = "--data",
    size: tuple[int, int] | None = None,
) -> Dataset:
    """Open the prepared set that a run learnt from, also where both have moved.

    Args:
        run: its `dataset.json` names the set's folder and knows its pictures.
        data: the set's folder, if it lies elsewhere now; or any folder of pictures.
        option: what the user names it with, for the error.
        size: width and height at which a folder of pictures is prepared, into `runs/prepared`.

    Raises:
        ImpastoError: the set is not there any more, or `data` is no prepared set.
    """
    if data is not None:
        if size is None or is_dataset(data):
            return open_dataset(data)
        return Data.parse(str(data)).open(size, "crop", RUNS, feature_network())
    learnt = learnt_from(run)
    if not learnt and run.folder.parent == WEIGHTS:
        raise ImpastoError(
            f"{run.folder.name} comes without the pictures that it learnt from; if you have them, "
            f"name their folder, or a prepared set, with {option}."
        )
    if not learnt:
        raise ImpastoError(
            f"{run.folder} does not say what it learnt from; name the prepared set with {option}."
        )
    folder = learnt.get("folder")
    if not isinstance(folder, str) or "\0" in folder:
        raise ImpastoError(f"{run.dataset} names no folder; name the prepared set with {option}.")
    for place in _places(run, Path(folder)):
        if is_dataset(place) and describe_dataset(place)["fingerprint"] == learnt["fingerprint"]:
            return open_dataset(place)
    raise ImpastoError(
        f"The pictures that {run.folder} learnt from are not in {folder} any more; "
        f"name the prepared set with {option}."
    )


def learnt_from(run: Run) -> dict[str, Any]:
    """What a run's `dataset.json` says; empty for a shared generator, which has none."""
    if not run.dataset.is_file():
        return {}
    found = read_json(run.dataset, "a run's dataset.json")
    return {"fingerprint": None, **found} if isinstance(found, dict) else {}


def held_out_rows(run: Run, count: int) -> NDArray[np.intp] | None:
    """Which of the `count` pictures of its set a run kept from its training, if any."""
    share = load(str(run.recipe)).data.hold_out if run.recipe.is_file() else 0.0
    held = split_rows(count, share)[1]
    return held if len(held) else None


def _places(run: Run, named: Path) -> Iterator[Path]:
    """Where it was; a relative place from here, and from each folder above the run."""
    yield named
    yield from (above / named for above in run.folder.resolve().parents)
    # `train` keeps sets that it prepared itself in `prepared/` beside the run.
    yield run.folder.parent / "prepared" / named.name
