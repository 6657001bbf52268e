"""Generators by name: those that come with Impasto, and runs that lie in `runs/`.

A path that exists always wins over a name. Needs no torch, so that `--help` can list the names and
a mistyped one is answered at once.
"""

import os
from pathlib import Path

from impasto.errors import ImpastoError

WEIGHTS = Path(__file__).parents[1] / "weights"
"""One folder for each, made by `tools/ship.py`."""

RUNS = Path("runs")
"""Where `impasto train` puts its runs if nothing else is asked for."""

WORKPLACE = RUNS / "shipped"
"""What is made with a shipped generator goes here, for its own folder is the program's."""


def names() -> list[str]:
    """The generators that come with Impasto, sorted."""
    return sorted(file.parent.name for file in WEIGHTS.glob("*/model.json"))


def find(run: Path) -> Path | None:
    """What is meant: a path that exists, a shipped generator's name, or a run's in `runs/`."""
    if os.path.exists(run):  # noqa: PTH110 -- pathlib's raises on names that no disk can hold
        return run
    if str(run) in names():
        return WEIGHTS / run
    is_name = run == Path(run.name)
    return RUNS / run if is_name and (RUNS / run).is_dir() else None


def locate(run: Path) -> Path:
    """The folder that is meant, as `find` finds it.

    Raises:
        ImpastoError: there is none.
    """
    found = find(run)
    if found is not None:
        return found
    known = names()
    also = f", or a generator that comes with Impasto: {', '.join(known)}" if known else ""
    raise ImpastoError(f"There is no folder {run}; name a run that `impasto train` made{also}.")


def workplace(run: Path) -> Path:
    """The folder for what is made with a generator: the run's own, or one in `WORKPLACE`."""
    found = find(run)
    return WORKPLACE / run if found == WEIGHTS / run else found or run
