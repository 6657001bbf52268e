"""Prepared sets as the studio shows them: what was kept and why, and clicks that change it."""

from collections import Counter
from pathlib import Path
from statistics import median

from impasto.data.dataset import read_index
from impasto.errors import ImpastoError
from impasto.prepare import decisions
from impasto.prepare.doubtful import REVIEW, Row, read_review
from impasto.prepare.reviewer import Reviewer
from impasto.prepare.store import FOLDER, source_of
from impasto.studio.workspace import PICTURES, Item, Workspace, facts, identity


def review_file(folder: Path) -> Path:
    """What `prepare` writes last."""
    return folder / FOLDER / REVIEW


def told(workspace: Workspace, item: Item) -> dict[str, object]:
    """What a page shows of a set: counts, reasons, labels, sizes, and whether clicks wait.

    Raises:
        ImpastoError: a file of the set is damaged.
    """
    rows = read_review(item.path).rows if review_file(item.path).is_file() else []
    kept = [row for row in rows if row.keep]
    labels = Counter(row.get("label", "") for row in read_index(item.path))
    return {
        "id": item.id,
        "title": item.title,
        "name": item.name,
        "found": len(rows),
        "kept": len(kept),
        "reasons": Counter(row.reason for row in rows if not row.keep).most_common(),
        "labels": sorted(labels.items()) if set(labels) != {""} else [],
        "sizes": _sizes(kept),
        "waiting": _waiting(item.path),
        "source": source(workspace, item),
        "outside": _is_outside(workspace, item),
        **facts(item),
    }


def source(workspace: Workspace, item: Item) -> str:
    """The id of the folder of pictures that a set was made of; empty if it lies elsewhere."""
    found = source_of(item.path)
    home = workspace.folder / PICTURES
    if found is None or found.parent != home or not found.is_dir():
        return ""
    return identity("pictures", f"{PICTURES}/{found.name}")


def _is_outside(workspace: Workspace, item: Item) -> bool:
    """Whether a set was made of a folder outside the workspace: no picture of it may be shown."""
    found = source_of(item.path)
    return found is not None and found.is_dir() and not found.is_relative_to(workspace.folder)


def _waiting(folder: Path) -> bool:
    """Whether something was decided since the set was made."""
    try:
        made = review_file(folder).stat().st_mtime_ns
        return (folder / decisions.FILE).stat().st_mtime_ns > made
    except OSError:
        return False


def _sizes(rows: list[Row]) -> dict[str, object]:
    """How large the pictures are, short side in pixels, and how they are shaped."""
    whole = [row for row in rows if row.width > 0 and row.height > 0]
    if not whole:
        return {}
    sides = sorted(min(row.width, row.height) for row in whole)
    shapes = Counter(_shape(row.width / row.height) for row in whole)
    return {"least": sides[0], "middle": int(median(sides)), "most": sides[-1], "shapes": shapes}


def _shape(aspect: float) -> str:
    if 0.9 <= aspect <= 1.1:
        return "square"
    return "wide" if aspect > 1 else "tall"


def picture(workspace: Workspace, reviewer: Reviewer, name: str) -> tuple[Path, bool]:
    """The file of a review's picture, which must lie in the workspace, and whether it is large.

    Raises:
        ImpastoError: there is none, or it lies elsewhere.
    """
    found = reviewer.picture(name)
    if found is None:
        raise ImpastoError("This review has no such picture.")
    return workspace.file(found[0]), found[1]
