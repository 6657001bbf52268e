"""Generators by name: those that come with Impasto, and runs in `runs/`.

An existing path takes precedence over a name. Needs no torch, so that `--help` can list the names
and a mistyped one is reported at once.
"""

import os
from difflib import get_close_matches
from pathlib import Path

from impasto.errors import ImpastoError

WEIGHTS = Path(__file__).parents[1] / "weights"
"""One folder per generator, made by `tools/ship.py`."""

RUNS = Path("runs")
"""The default folder for runs of `impasto train`."""

PARTS = (
    *("recipe.yaml", "checkpoints", "best"),
    *("model.json", "generator.safetensors", "config.json", "model.safetensors"),
)
"""Files that mark a run, a generator's folder, or one in the Hub's layout."""

WORKPLACE = RUNS / "shipped"
"""Folder for results of shipped generators, whose own folders belong to the program."""


def names() -> list[str]:
    """The generators that come with Impasto, sorted."""
    return sorted(file.parent.name for file in WEIGHTS.glob("*/model.json"))


def find(run: Path) -> Path | None:
    """Resolve an existing path, a shipped generator's name, or a run's name in `runs/`."""
    if os.path.exists(run):  # noqa: PTH110 -- pathlib's raises on names that no disk can hold
        return run
    if str(run) in names():
        return WEIGHTS / run
    is_name = run == Path(run.name)
    return RUNS / run if is_name and (RUNS / run).is_dir() else None


def locate(run: Path) -> Path:
    """The folder of a run or generator, as `find` resolves it.

    Raises:
        ImpastoError: there is no such folder.
    """
    found = find(run)
    if found is not None:
        return found
    raise ImpastoError(f"There is no folder {run}; {_nearly(run)}{_others()}.")


def holds_generator(folder: Path) -> bool:
    """Whether a folder has any file of a run or of a generator."""
    return any(os.path.exists(folder / part) for part in PARTS)  # noqa: PTH110 -- as above


def check_generator(folder: Path) -> None:
    """Check quickly whether a folder may hold a generator.

    Raises:
        ImpastoError: it is a file, or holds something else, such as pictures.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 -- as above
        raise ImpastoError(f"{folder} is a file; name the folder of a generator.")
    if not holds_generator(folder):
        raise ImpastoError(f"{folder} holds no generator; {_nearly(folder)}{_others()}.")


def _nearly(run: Path) -> str:
    """`do you mean runs/mine? If not, ` if a run has a similar name or is named after that data."""
    runs = sorted(file.parent.name for file in RUNS.glob("*/recipe.yaml"))
    near = [name for name in runs if name.startswith(f"{run.name}-")]
    near = near or get_close_matches(run.name, runs, n=1)
    return f"do you mean {RUNS / near[0]}? If not, " if near else ""


def _others() -> str:
    known = names()
    also = f", or a generator that comes with Impasto: {', '.join(known)}" if known else ""
    return f"name a run that `impasto train` made{also}"


def workplace(run: Path) -> Path:
    """The folder for results of a generator: the run's own, or one in `WORKPLACE`."""
    found = find(run)
    return WORKPLACE / run if found == WEIGHTS / run else found or run
