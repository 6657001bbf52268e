"""The generators that come with Impasto: taken by their names wherever a run is taken.

A path that exists always wins over a name. Needs no torch, so that `--help` can list the names.
"""

from pathlib import Path

from impasto.errors import ImpastoError

WEIGHTS = Path(__file__).parents[1] / "weights"
"""One folder for each, made by `tools/ship.py`."""

WORKPLACE = Path("runs/shipped")
"""What is made with a shipped generator goes here, for its own folder is the program's."""


def names() -> list[str]:
    """The generators that come with Impasto, sorted."""
    return sorted(file.parent.name for file in WEIGHTS.glob("*/model.json"))


def locate(run: Path) -> Path:
    """The folder that is meant: a path that exists, or else the shipped generator of that name.

    Raises:
        ImpastoError: it is neither.
    """
    if run.exists():
        return run
    known = names()
    if str(run) in known:
        return WEIGHTS / run
    also = f", or a generator that comes with Impasto: {', '.join(known)}" if known else ""
    raise ImpastoError(f"There is no folder {run}; name a run that `impasto train` made{also}.")


def workplace(run: Path) -> Path:
    """The folder for what is made with a generator: the run's own, or one in `WORKPLACE`."""
    return WORKPLACE / run if not run.exists() and str(run) in names() else run
