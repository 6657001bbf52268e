"""Folders of pictures: what is in them, under which labels, and where it was collected.

A label is the name of a sub-folder, as for every command; so a label is changed by moving files.
"""

import shlex
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from impasto.core.tables import read_table
from impasto.errors import ImpastoError
from impasto.studio.workspace import Item, Workspace, identity, safe_name, unused

PROVENANCE = "provenance.csv"
MOST_BYTES = 64 * 2**20
MOST_SHOWN = 6
"""Commands that are spelt out; a thousand files are moved by as many."""


def told(workspace: Workspace, item: Item) -> dict[str, object]:
    """Pictures with their labels, and licences of what came from museums."""
    from impasto.data.files import label_of

    files = workspace.listing(item.path, anew=True).paths
    names = [path.relative_to(item.path).as_posix() for path in files]
    return {
        "id": item.id,
        "title": item.title,
        "name": item.name,
        "count": len(names),
        "pictures": [{"id": id_of(item, name), "name": name, "label": label_of(name)}
                     for name in names],
        "labels": sorted(Counter(map(label_of, names)).items()),
        "collected": _collected(item.path / PROVENANCE),
    }  # fmt: skip


def picture(workspace: Workspace, item: Item, which: str) -> Path:
    """The file of a picture's id.

    Raises:
        ImpastoError: it is not in the folder any more.
    """
    for anew in (False, True):
        listing = workspace.listing(item.path, anew)
        if not listing.named:
            listing.named.update(
                (id_of(item, path.relative_to(item.path).as_posix()), path)
                for path in listing.paths
            )
        path = listing.named.get(which)
        if path is not None and path.is_file():
            return path
    raise ImpastoError("This picture is not in the folder any more.")


def relabel(workspace: Workspace, item: Item, wanted: Mapping[str, Any]) -> dict[str, object]:
    """Move pictures into the sub-folders of their new labels.

    Args:
        workspace: where the folder lies.
        item: the folder.
        wanted: the new label by a picture's id; empty takes it out of its sub-folder.

    Returns:
        `back`, which undoes it, and the `command` that it was.

    Raises:
        ImpastoError: there is no such picture, or the folder was not made in the studio.
    """
    from impasto.data.files import label_of

    files = {}
    for path in workspace.pictures_of(item.path):
        name = path.relative_to(item.path).as_posix()
        files[id_of(item, name)] = path, label_of(name)
    if not wanted or not all(isinstance(label, str) for label in wanted.values()):
        raise ImpastoError("Choose pictures, and a label for them.")
    if missing := wanted.keys() - files.keys():
        raise ImpastoError(f"{len(missing)} of these pictures are not in the folder any more.")
    back, words = {}, []
    for which, asked in wanted.items():
        path, before = files[which]
        label = safe_name(asked, "label") if asked.strip() else ""
        if label == before:
            continue
        place = item.path / label
        place.mkdir(exist_ok=True)
        if not place.resolve().is_relative_to(workspace.folder):
            raise ImpastoError(f"The label {label} leads out of the workspace.")
        goal = unused(place, path.name)
        shutil.move(path, goal)
        back[id_of(item, goal.relative_to(item.path).as_posix())] = before
        words.append(_move(workspace, path, goal))
        _tidy(path.parent, item.path)
    more = [f"# and {len(words) - MOST_SHOWN} more"] if len(words) > MOST_SHOWN else []
    return {"back": back, "command": "\n".join([*words[:MOST_SHOWN], *more])}


def _tidy(folder: Path, home: Path) -> None:
    """A label that nothing has is none."""
    if folder != home and not any(folder.iterdir()):
        folder.rmdir()


def _move(workspace: Workspace, path: Path, goal: Path) -> str:
    names = (each.relative_to(workspace.folder).as_posix() for each in (path, goal))
    return shlex.join(["mv", "-n", *names])


def id_of(item: Item, name: str) -> str:
    """A picture of a folder, as pages name it."""
    return identity("picture", f"{item.name}/{name}")


def _collected(path: Path) -> dict[str, object] | None:
    """Licences and sources of `impasto collect`, as it wrote them down."""
    if path.is_symlink():
        return None
    try:
        rows = read_table(path, "a list of what was collected", ("file",), MOST_BYTES).rows
    except FileNotFoundError:
        return None
    licences = Counter(row.get("licence", "")[:200] for row in rows)
    works = [
        {name: row.get(name, "")[:300] for name in ("title", "artist", "date", "licence", "page")}
        for row in rows[:200]
    ]
    return {"count": len(rows), "licences": licences.most_common(20), "works": works}
