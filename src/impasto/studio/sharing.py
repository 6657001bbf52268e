"""What is given away: exports and whole runs, what lies where, and the card for people."""

import base64
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.core.files import whole_of, write_text
from impasto.errors import ImpastoError
from impasto.reading import read_bytes, read_text
from impasto.studio.controls import relative
from impasto.studio.generators import playable
from impasto.studio.jobs import Job
from impasto.studio.workspace import OWN, RUNS, Workspace, changed_at, identity

if TYPE_CHECKING:
    from impasto.studio.actions import Actions

SHARED = "shared"
CARD, SAMPLES = "README.md", "samples.png"
LARGEST_SHEET = 16 * 2**20
LONGEST_CARD = 200_000
"""Characters of a model card."""

MOST_FILES = 20_000
PIECE = 2**20

FORMS = {
    "share-web": ("export", frozenset({"weights", "checkpoint", "title"})),
    "share-onnx": ("export", frozenset({"weights", "checkpoint"})),
    "share-hub": ("export", frozenset({"checkpoint"})),
}
"""By action: the verb, and which of its options a form may set."""

Work = Callable[[str, Mapping[str, Any]], Job]

MARKS = {"web": "index.html", "hub": "model.safetensors", "onnx": "*.onnx"}
"""By what a shared thing is: the file by which it is known."""


class Sharing:
    """Makes jobs of what the screen Share asks for."""

    def __init__(self, actions: "Actions") -> None:
        self.actions = actions

    def known(self) -> dict[str, Work]:
        """What may be asked, by action."""
        return {"share-web": self._web, "share-onnx": self._onnx, "share-hub": self._hub}

    def _web(self, subject: str, values: Mapping[str, Any]) -> Job:
        return self._export("web", subject, values)

    def _onnx(self, subject: str, values: Mapping[str, Any]) -> Job:
        return self._export("onnx", subject, values)

    def _hub(self, subject: str, values: Mapping[str, Any]) -> Job:
        return self._export("hub", subject, values)

    def _export(self, what: str, subject: str, values: Mapping[str, Any]) -> Job:
        item = self.actions.workspace.item(subject, "run", "generator")
        if not playable(item):
            raise ImpastoError(f"{item.title} has no generator yet; let it learn a little longer.")
        options = self.actions.options(f"share-{what}", values)
        place = self.actions.place(SHARED, f"{item.title}-{what}")
        goal = f"{place}/{item.title}.onnx" if what == "onnx" else place
        words = ["export", item.name, f"--{what}={goal}", *options]
        return self.actions.jobs.add(words, item.title, "short", item.id, place)


def shares(workspace: Workspace) -> list[dict[str, object]]:
    """What lies in `shared/`, newest first."""
    home = workspace.folder / SHARED
    folders = [path for path in home.iterdir() if _ours(path, home)] if home.is_dir() else []
    return [_view(workspace, path) for path in sorted(folders, key=changed_at, reverse=True)]


def share(workspace: Workspace, which: str) -> Path:
    """The folder of an id.

    Raises:
        ImpastoError: there is none.
    """
    home = workspace.folder / SHARED
    for path in home.iterdir() if home.is_dir() else ():
        if _ours(path, home) and _id(workspace, path) == which:
            return path
    raise ImpastoError("This is not in the workspace any more.")


def runs(workspace: Workspace) -> list[dict[str, object]]:
    """Each run: where it lies, how large it is, and what its parts are for."""
    return [
        {
            "id": item.id,
            "title": item.title,
            "name": item.name,
            "playable": playable(item),
            "bytes": bytes_of(item.path),
            "parts": [part for part in PARTS if (item.path / part).exists()],
        }
        for item in workspace.items()
        if item.kind == "run"
    ]


def places(workspace: Workspace) -> list[dict[str, object]]:
    """The workspace's other folders: what each is called, and its bytes."""
    found = []
    for name in PLACES:
        folder = workspace.folder / name
        if folder.is_dir() and not folder.is_symlink():
            found.append({"name": name, "bytes": bytes_of(folder)})
    return found


PLACES = (
    *(
        "pictures",
        "prepared",
        f"{RUNS}/prepared",
        f"{RUNS}/shipped",
        "painted",
        "generated",
        "enlarged",
        "printed",
    ),
    *("comparisons", SHARED, OWN),
)
"""Folders of the workspace besides runs, as the page explains them."""

PARTS = ("best", "checkpoints", "samples", "recipe.yaml", "report.html", "evaluation")
"""Of a run, as the page explains them."""


def bytes_of(folder: Path) -> int:
    """What the plain files below a folder take on the disk, however many they are."""
    total = 0
    for path in _files(folder):
        with suppress(OSError):  # it was replaced meanwhile
            total += path.lstat().st_size
    return total


def files_of(folder: Path) -> list[Path]:
    """All plain files below a folder; links, locks and what is half written are left out.

    Raises:
        ImpastoError: they are too many.
    """
    found = list(islice(_files(folder), MOST_FILES + 1))
    if len(found) > MOST_FILES:
        raise ImpastoError(f"{folder.name} holds more than {MOST_FILES:,} files.")
    return found


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not (Path(place) / each).is_symlink())
        for name in sorted(names):
            path = Path(place) / name
            passing = name.startswith(".lock") or whole_of(name) != name
            if not passing and not path.is_symlink() and path.is_file():
                yield path


def zipped(folder: Path, without: tuple[str, ...] = ()) -> Iterator[bytes]:
    """A folder as a ZIP, piece by piece: nothing is written to the disk, little is held in memory.

    A file that is removed before its turn is left out: a training that goes on replaces some.

    Args:
        folder: its name becomes the folder inside.
        without: names at its top that are left out.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # pictures hardly shrink
        for path in files_of(folder):
            inside = path.relative_to(folder)
            if inside.parts[0] in without:
                continue
            name = unicode_of(f"{folder.name}/{inside.as_posix()}")
            try:
                about = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
                source = path.open("rb")
            except FileNotFoundError:
                continue
            with source, archive.open(about, "w", force_zip64=True) as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    yield sink.taken()
    yield sink.taken()


def unicode_of(name: str) -> str:
    """A name as others can write it too: what a disk calls it need not be Unicode."""
    return name.encode("utf-8", "replace").decode()


class _Sink(io.RawIOBase):
    """Takes what a ZIP writes, and cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, piece: Any) -> int:
        """Keep a piece until it is taken."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        """All that was written since."""
        content = b"".join(self._pieces)
        self._pieces.clear()
        return content


def card(folder: Path) -> str:
    """The model card of a Hub folder.

    Raises:
        ImpastoError: there is none.
    """
    path = folder / CARD
    if path.is_symlink() or not path.is_file():
        raise ImpastoError(f"{folder.name} has no card; only a folder for the Hub has one.")
    return read_text(path, "a model card", 4 * LONGEST_CARD)


def shown_card(folder: Path) -> str:
    """The card as HTML without scripts; the samples beside it are in it, other pictures are not."""
    from markdown_it import MarkdownIt

    def image(_: Any, tokens: Any, at: int, __: Any, ___: Any) -> str:
        path = folder / SAMPLES
        if tokens[at].attrs.get("src") != SAMPLES or path.is_symlink() or not path.is_file():
            return ""
        content = base64.b64encode(read_bytes(path, "a sheet of samples", LARGEST_SHEET)).decode()
        return f'<img alt="" src="data:image/png;base64,{content}">'

    text = card(folder)
    head, _, rest = text.removeprefix("---\n").partition("\n---\n")
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("image", image)
    shown: str = reader.render(rest or head)
    return shown


def write_card(folder: Path, text: Any) -> None:
    """Replace the model card of a Hub folder.

    Raises:
        ImpastoError: it is no text of a usual length, or there is no card.
    """
    if not isinstance(text, str) or len(text) > LONGEST_CARD or "\0" in text:
        raise ImpastoError(f"A card is a text of at most {LONGEST_CARD:,} characters.")
    card(folder)
    write_text(folder / CARD, text.encode("utf-8", "replace").decode())


def _ours(path: Path, home: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and path.resolve().parent == home.resolve()


def _view(workspace: Workspace, path: Path) -> dict[str, object]:
    files = list(islice(_files(path), 13))
    known = [what for what, mark in MARKS.items() if any(path.glob(mark))]
    return {
        "id": _id(workspace, path),
        "title": path.name,
        "name": relative(path, workspace.folder),
        "kind": known[0] if known else "other",
        "bytes": bytes_of(path),
        "count": sum(1 for _ in _files(path)),
        "files": [each.relative_to(path).as_posix() for each in files[:12]],
        "card": (path / CARD).is_file(),
    }


def _id(workspace: Workspace, path: Path) -> str:
    return identity("share", relative(path, workspace.folder))
