"""Share: what was exported and what lies where, each to be saved as a ZIP; cards are edited."""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from impasto.studio import sharing
from impasto.studio.api.answers import Table, in_thread
from impasto.studio.security import INNER_PAGE

if TYPE_CHECKING:
    from pathlib import Path

    from impasto.studio.app import Studio


def _shares(studio: "Studio", _: Request, __: Any) -> dict[str, object]:
    return {"shares": sharing.shares(studio.workspace), "runs": sharing.runs(studio.workspace),
            "places": sharing.places(studio.workspace)}  # fmt: skip


def _zip(studio: "Studio", request: Request, _: Any) -> Response:
    return _zipped(sharing.share(studio.workspace, request.path_params["share"]))


def _run_zip(studio: "Studio", request: Request, _: Any) -> Response:
    item = studio.workspace.item(request.path_params["item"], "run")
    light = "light" in request.query_params
    return _zipped(item.path, ("checkpoints",) if light else ())


def _zipped(folder: "Path", without: tuple[str, ...] = ()) -> Response:
    sharing.files_of(folder)  # what cannot be listed is said before the first byte
    name = quote(sharing.unicode_of(folder.name))
    headers = {"Content-Disposition": f"attachment; filename*=utf-8''{name}.zip"}
    pieces = sharing.zipped(folder, without)
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


def _card(studio: "Studio", request: Request, _: Any) -> dict[str, object]:
    return {"text": sharing.card(sharing.share(studio.workspace, request.path_params["share"]))}


def _write_card(studio: "Studio", request: Request, body: dict[str, object]) -> dict[str, object]:
    folder = sharing.share(studio.workspace, request.path_params["share"])
    sharing.write_card(folder, body.get("text"))
    return {}


def _shown_card(studio: "Studio", request: Request, _: Any) -> Response:
    """The card as people will read it, in a sandbox."""
    folder = sharing.share(studio.workspace, request.path_params["share"])
    body = sharing.shown_card(folder)
    page = f"<!doctype html><meta charset=utf-8><title>Card</title><style>{_STYLE}</style>{body}"
    headers = {"Content-Security-Policy": INNER_PAGE}
    return Response(page, media_type="text/html", headers=headers)


_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.55 system-ui,sans-serif;margin:1.2rem;"
    "max-width:46rem}pre,code{font-size:.88em;overflow-wrap:anywhere;white-space:pre-wrap}"
    "td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}img{max-width:100%}"
)


ROUTES: Table = [
    ("GET", "/api/shares", in_thread(_shares)),
    ("GET", "/api/shares/{share}/zip", in_thread(_zip)),
    ("GET", "/api/shares/{share}/card", in_thread(_card)),
    ("POST", "/api/shares/{share}/card", in_thread(_write_card)),
    ("GET", "/api/shares/{share}/card.html", in_thread(_shown_card)),
    ("GET", "/api/runs/{item}/zip", in_thread(_run_zip)),
]
