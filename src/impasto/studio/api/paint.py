"""Paint: paintings and the files that were made of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from impasto.errors import ImpastoError
from impasto.reading import open_file
from impasto.studio.api.answers import Table, in_thread
from impasto.studio.jobs import shown
from impasto.studio.sharing import unicode_of

if TYPE_CHECKING:
    from impasto.studio.app import Studio


FILES = {
    "painting": ("painting.png", "image/png"),
    "strokes": ("strokes.json", "application/json"),
    "svg": ("painting.svg", "image/svg+xml"),
    "film": ("painting.mp4", "video/mp4"),
    "gif": ("painting.gif", "image/gif"),
    "webp": ("painting.webp", "image/webp"),
}
"""A painting's files by the names that pages use."""

SHOWN = ("painting", "film", "gif", "webp")
"""Those that a page may show; others are only saved: an SVG may hold scripts."""


def _painting(studio: "Studio", request: Request, _: Any) -> dict[str, object]:
    item = studio.workspace.item(request.path_params["item"], "painting")
    made = studio.jobs.latest(item.name)
    about = made.about if made else ""
    known = {each["id"] for each in studio.uploads.recent(5_000)}
    return {
        "id": item.id,
        "title": item.title,
        "files": [name for name, (file, _) in FILES.items() if (item.path / file).is_file()],
        "photograph": about if about in known else None,
        "strokes": _strokes(item.path / "strokes.json"),
        "job": made.id if made else None,
        "command": shown(made.command) if made else "",
    }


def _strokes(path: Path) -> int:
    """How many strokes a painting has: they are written one a line."""
    if not path.is_file():
        return 0
    with open_file(path, "a painting's strokes.json", MOST_STROKES_JSON) as file:
        return sum(line.startswith(b"  [") for line in file)


MOST_STROKES_JSON = 128 * 2**20


def _painting_file(studio: "Studio", request: Request, _: Any) -> Response:
    item = studio.workspace.item(request.path_params["item"], "painting")
    what = request.path_params["what"]
    if what not in FILES:
        raise ImpastoError("A painting has no such file.")
    name, kind = FILES[what]
    path = studio.workspace.file(item.path / name)
    save = what not in SHOWN or "save" in request.query_params
    called = f"{item.title}{path.suffix}"
    return FileResponse(path, media_type=kind, filename=unicode_of(called),
                        content_disposition_type="attachment" if save else "inline")  # fmt: skip


ROUTES: Table = [
    ("GET", "/api/paintings/{item}", in_thread(_painting)),
    ("GET", "/api/paintings/{item}/{what}", in_thread(_painting_file)),
]
