"""Generators by name: those that come with Impasto, and runs that lie in `runs/`.

A path that exists always wins over a name. Needs no torch, so that `--help` can list the names and
a mistyped one is answered at once.
"""

import os
from difflib import get_close_matches
from pathlib import Path

from impasto.errors import ImpastoError

WEIGHTS = Path(__file__).parents[1] / "weights"
"""One folder for each, made by `tools/ship.py`."""

RUNS = Path("runs")
"""Where `impasto train` puts its runs if nothing else is asked for."""

PARTS = (
    *("recipe.yaml", "checkpoints", "best"),
    *("model.json", "generator.safetensors", "config.json", "model.safetensors"),
)
"""Of a run; of a generator's folder, and of one in the Hub's layout."""

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
    raise ImpastoError(f"There is no folder {run}; {_nearly(run)}{_others()}.")


def holds_generator(folder: Path) -> bool:
    """Whether a folder has any part of a run, or of a generator's folder."""
    return any(os.path.exists(folder / part) for part in PARTS)  # noqa: PTH110 -- as above


def check_generator(folder: Path) -> None:
    """See at once whether a folder may hold a generator.

    Raises:
        ImpastoError: it holds something else, such as pictures, or is a file.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 -- as above
        raise ImpastoError(f"{folder} is a file; name the folder of a generator.")
    if not holds_generator(folder):
        raise ImpastoError(f"{folder} holds no generator; {_nearly(folder)}{_others()}.")


def _nearly(run: Path) -> str:
    """`do you mean runs/mine? If not, ` where a run is called nearly so, or after that data."""
    runs = sorted(file.parent.name for file in RUNS.glob("*/recipe.yaml"))
    near = [name for name in runs if name.startswith(f"{run.name}-")]
    near = near or get_close_matches(run.name, runs, n=1)
    return f"do you mean {RUNS / near[0]}? If not, " if near else ""


def _others() -> str:
    known = names()
    also = f", or a generator that comes with Impasto: {', '.join(known)}" if known else ""
    return f"name a run that `impasto train` made{also}"


def workplace(run: Path) -> Path:
    """The folder for what is made with a generator: the run's own, or one in `WORKPLACE`."""
    found = find(run)
    return WORKPLACE / run if found == WEIGHTS / run else found or run
