"""The pictures that a generator learnt from, found again."""

from pathlib import Path

from impasto.core.files import read_json
from impasto.core.runs import Run
from impasto.data.dataset import Dataset, describe_dataset, is_dataset, open_dataset
from impasto.errors import ImpastoError


def originals_of(run: Run, data: Path | None = None) -> Dataset:
    """Open the prepared set that a run learnt from.

    Args:
        run: its `dataset.json` names the set's folder, which may have moved along with the run.
        data: the set's folder, if it lies elsewhere now.

    Raises:
        ImpastoError: the set is not there any more, or `data` is no prepared set.
    """
    if data is not None:
        return open_dataset(data)
    if not run.dataset.is_file():
        raise ImpastoError(
            f"{run.folder} does not say what it learnt from; name the prepared set with --data."
        )
    about = read_json(run.dataset, "a run's dataset.json")
    folder = about.get("folder") if isinstance(about, dict) else None
    if not isinstance(folder, str) or "\0" in folder:
        raise ImpastoError(f"{run.dataset} names no folder; name the prepared set with --data.")
    named = Path(folder)
    # `train` keeps sets that it prepared itself in `prepared/` beside the run.
    for place in (named, run.folder.parent / "prepared" / named.name):
        if is_dataset(place) and (
            describe_dataset(place)["fingerprint"] == about.get("fingerprint")
        ):
            return open_dataset(place)
    raise ImpastoError(
        f"The pictures that {run.folder} learnt from are not in {named} any more; "
        "name the prepared set with --data."
    )
