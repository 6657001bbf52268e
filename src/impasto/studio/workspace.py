"""What lies in the workspace, under ids: no path ever comes from a browser, and none leaves here.

The workspace is the folder in which commands run, so that everything made in a terminal is there
as well: `runs/`, `prepared/`, `painted/`, `pictures/`. What the studio itself remembers lies in
`.studio/`.
"""

import hashlib
import os
import re
import time
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

from impasto.core import shipped
from impasto.core.console import one_line
from impasto.core.files import read_json, state_of
from impasto.errors import ImpastoError

Kind = Literal["run", "set", "painting", "pictures", "generator"]

PICTURES, PAINTED, PREPARED, RUNS = "pictures", "painted", "prepared", "runs"
"""Folders of the workspace, as the commands call them."""

OWN = ".studio"
"""Folder of what the studio remembers: jobs, favourites, uploads, thumbnails."""

USUAL = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"}
"""Suffixes of what stands for a folder rather than other files; whatever may be one is shown."""

MOST_LISTED = 20_000
"""Pictures of a folder that are shown."""

MOST_WALLS = 4
"""Folders whose lists are kept: of the walls that several tabs show."""

LISTED_FOR = 5.0
"""Seconds that a folder's list is taken for true while its pictures are asked for one by one."""


@dataclass(frozen=True)
class Listing:
    """The pictures of a folder as they were a moment ago."""

    at: float
    """In seconds of `time.monotonic`."""

    paths: list[Path]
    named: dict[str, Path] = field(default_factory=dict)
    """The same by ids of whoever asks for them by id; filled by the first who does."""


@dataclass(frozen=True)
class Item:
    """A run, a set, a painting, a folder of pictures, or a generator that comes along."""

    id: str
    kind: Kind
    path: Path
    """Absolute."""

    name: str
    """What a command calls it, in the workspace: a relative path, or a generator's name."""

    changed: float
    """When, in seconds since 1970."""

    @property
    def title(self) -> str:
        """What a person calls it; what cannot be seen, or turns the direction, is spelt out."""
        return one_line(self.path.name)


class Workspace:
    """A folder, and what is in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.own = self.folder / OWN
        self._listed: dict[Path, Listing] = {}

    def items(self) -> list[Item]:
        """Everything, newest first; the generators that come along last."""
        found = sorted(self._found(), key=lambda item: -item.changed)
        return [*found, *self._shipped()]

    def item(self, which: str, *kinds: Kind) -> Item:
        """The item of an id.

        Raises:
            ImpastoError: there is none, or it is of another kind.
        """
        for item in self.items():
            if item.id == which and (not kinds or item.kind in kinds):
                return item
        raise ImpastoError("This is not in the workspace any more; go back to the home page.")

    def file(self, path: Path) -> Path:
        """A file that may be shown: it is there, and inside the workspace however it is linked.

        Raises:
            ImpastoError: it is not.
        """
        found = path.resolve()
        homes = (self.folder, shipped.WEIGHTS.resolve())
        if not found.is_file() or not any(found.is_relative_to(home) for home in homes):
            raise ImpastoError("This file is not in the workspace.")
        return found

    def whole(self, item: Item) -> Item:
        """An item none of whose own files is a link that leads out of the workspace.

        Raises:
            ImpastoError: one is; it may have come with a stranger's folder.
        """
        for folder in (item.path, item.path / ".workbench"):
            for path in folder.iterdir() if folder.is_dir() else ():
                if path.is_symlink() and not self._inside(path):
                    raise ImpastoError(
                        f"{item.title} holds a link that leads out of the workspace: {path.name}. "
                        "Remove it, or put the file itself there."
                    )
        return item

    def pictures_of(self, folder: Path) -> list[Path]:
        """The files below a folder that commands take for pictures, in an order that never changes.

        Unlike those, links are left out.
        """
        return sorted(islice(_pictures_below(folder), MOST_LISTED))

    def listing(self, folder: Path, anew: bool = False) -> "Listing":
        """What `pictures_of` found, at most `LISTED_FOR` seconds ago.

        Args:
            folder: any of the workspace.
            anew: list it now: what is sought was not in it.
        """
        known = self._listed.get(folder)
        if anew or known is None or time.monotonic() - known.at >= LISTED_FOR:
            known = Listing(time.monotonic(), self.pictures_of(folder))
            if len(self._listed) >= MOST_WALLS:
                self._listed.clear()
            self._listed[folder] = known
        return known

    def picture_of(self, folder: Path, number: int) -> Path:
        """One of a folder's pictures by its place; a wall asks for thousands, one after another.

        Raises:
            ImpastoError: there are fewer.
        """
        listed = self.listing(folder).paths
        if number >= len(listed) or not listed[number].is_file():
            listed = self.listing(folder, anew=True).paths
        if number >= len(listed):
            raise ImpastoError("There are fewer pictures.")
        return listed[number]

    def cover(self, item: Item) -> Path | None:
        """The picture that stands for an item."""
        folder = item.path
        if item.kind == "painting":
            wanted = [folder / "painting.png", *sorted(folder.glob("*/painting.png"))[:1]]
        elif item.kind == "run":
            wanted = [*sorted(folder.glob("samples/*.png"))[-1:], folder / "reals.png"]
        elif item.kind == "generator":
            wanted = [folder / "samples.webp"]
        else:
            wanted = self._some(folder)
        return next((path for path in wanted if path.is_file()), None)

    def _some(self, folder: Path) -> list[Path]:
        """One picture of a folder, without listing all of it."""
        if (folder / "dataset.json").is_file():
            return [folder / "preview.jpg", folder / "preview.png"]
        found = []
        with suppress(OSError):  # it was removed meanwhile
            here = sorted(folder.iterdir())
            found = here[:200]
            for each in (path for path in here[:50] if path.is_dir()):
                found += sorted(each.iterdir())[:50]
        possible = [path for path in found if path.is_file() and not _is_none(path, folder)]
        return sorted(possible, key=lambda path: path.suffix.lower() not in USUAL)[:1]

    def _found(self) -> Iterator[Item]:
        for kind, place, marks in _PLACES:
            home = self.folder / place
            for path in home.iterdir() if home.is_dir() else ():
                if path.name.startswith(".") or not path.is_dir() or not self._inside(path):
                    continue
                there = [path / mark for mark in marks if (path / mark).exists()]
                if there or not marks:
                    name = f"{place}/{path.name}"
                    changed, *others = (changed_at(each) for each in (path, *there))
                    if changed >= 0:  # else it was removed meanwhile
                        changed = max(changed, *others, 0.0)
                        yield Item(identity(kind, name), kind, path, name, changed)

    def _inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self.folder)

    def _shipped(self) -> list[Item]:
        return [
            Item(identity("generator", name), "generator", shipped.WEIGHTS / name, name, 0.0)
            for name in sorted(shipped.names(), key=_by_size)
        ]


def _pictures_below(folder: Path) -> Iterator[Path]:
    from impasto.data.files import PAINT

    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not _is_none(here / name / "a", folder))
        maps = {f"{name[:-5]}.png" for name in names if name.endswith(f"{PAINT}.json")}
        for name in sorted(names):
            path = here / name
            if name in maps or _is_none(path, folder) or path.is_symlink():
                continue
            if path.is_file():  # no pipe
                yield path


def _is_none(path: Path, folder: Path) -> bool:
    """Whether commands pass it over when they look for pictures below a folder."""
    from impasto.data.files import passed_over

    return passed_over(path.relative_to(folder))


def _by_size(name: str) -> tuple[str, int, str]:
    """`impressionists-64` before `impressionists-128`, and both before `paintings-64`."""
    family, _, size = name.rpartition("-")
    return family, int(size) if size.isdecimal() else 0, name


_PLACES: tuple[tuple[Kind, str, tuple[str, ...]], ...] = (
    ("run", RUNS, ("recipe.yaml", "samples")),
    ("set", PREPARED, ("dataset.json",)),
    ("painting", PAINTED, ("strokes.json", "painting.png", "pictures")),
    ("pictures", PICTURES, ()),
)
"""Kind, folder, and files by one of which it is known."""


def changed_at(path: Path) -> float:
    """When a file or folder changed, in seconds; below 0 where it is gone."""
    return state_of(path)[1] / 1e9


def identity(kind: str, name: str) -> str:
    """The id of what a command calls `name`: the same in every session, and no path."""
    return hashlib.sha256(f"{kind}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def facts(item: Item) -> dict[str, object]:
    """What a card says of a set: how many pictures, how large."""
    if item.kind != "set":
        return {}
    try:
        about = read_json(item.path / "dataset.json", "a prepared set's description", 2**24)
        return {name: int(about[name]) for name in ("count", "width", "height")}
    except (ImpastoError, KeyError, TypeError, ValueError):
        return {}


LONGEST_NAME = 80


def safe_name(text: str, otherwise: str) -> str:
    """A file's name made of a stranger's text: letters, digits and `-_.`, never a path or hidden.

    Args:
        text: of the browser.
        otherwise: where nothing is left of it.
    """
    leaf = re.split(r"[/\\]", unicodedata.normalize("NFC", text))[-1]
    kept = re.sub(r"[^\w.-]+", "-", leaf).strip("-.")
    stem, dot, suffix = kept.rpartition(".")
    if dot and len(suffix) <= 5:
        stem = stem[: LONGEST_NAME - len(suffix) - 1].strip("-.")
        kept = f"{stem}.{suffix}".strip("-.")
    kept = _bounded(kept[:LONGEST_NAME].strip("-."))
    return kept or otherwise


def _bounded(name: str) -> str:
    """Short enough for disks that count bytes, and no name that Windows keeps for itself."""
    while len(name.encode("utf-8", "ignore")) > 200:
        name = name[1:]
    return f"_{name}" if _RESERVED.fullmatch(name) else name


_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def unused(folder: Path, name: str, promised: Collection[Path] = ()) -> Path:
    """A path in a folder that is not taken: `name`, `name-2`, …; after `name-2` comes `name-3`.

    Args:
        folder: where it is to lie.
        name: as one would like it.
        promised: paths that something else is going to take.
    """
    stem, suffix = Path(name).stem, Path(name).suffix
    numbered = _NUMBERED.fullmatch(stem)
    if numbered and (folder / f"{numbered[1]}{suffix}").exists():
        stem = numbered[1]  # a copy's copy; `kodim-12` without a `kodim` is a name of its own
    number, path = 1, folder / name
    while path.exists() or path in promised:
        number += 1
        path = folder / f"{stem}-{number}{suffix}"
    return path


_NUMBERED = re.compile(r"(.+)-(?:[2-9]|[1-9][0-9]{1,3})")
