"""Pictures: folders with their labels, what cleaning would do, and the review of what it did."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from impasto.errors import ImpastoError
from impasto.studio import albums, preview
from impasto.studio.actions import FORMS
from impasto.studio.api.answers import BRIEFLY, Table, in_thread, seen
from impasto.studio.controls import options_of
from impasto.studio.workspace import Item

if TYPE_CHECKING:
    from impasto.studio.app import Studio

_SMALL, _LARGE = 320, 1280


def _set_of(studio: "Studio", request: Request) -> Item:
    return studio.workspace.whole(studio.workspace.item(request.path_params["item"], "set"))


def _album(studio: "Studio", request: Request, _: Any) -> dict[str, object]:
    item = studio.workspace.item(request.path_params["item"], "pictures")
    return {**albums.told(studio.workspace, item), "job": _made(studio, item, "collect")}


def _made(studio: "Studio", item: Item, verb: str) -> dict[str, object] | None:
    """The job that made an item, or is making it."""
    made = studio.jobs.latest(item.name, verb)
    return seen(studio, made) if made else None


def _album_picture(studio: "Studio", request: Request, _: Any) -> Response:
    item = studio.workspace.item(request.path_params["item"], "pictures")
    path = albums.picture(studio.workspace, item, request.path_params["picture"])
    place = studio.pictures.thumbnail(studio.workspace.file(path), _SMALL)
    return FileResponse(place, media_type="image/webp", headers=BRIEFLY)


def _relabel(studio: "Studio", request: Request, body: dict[str, object]) -> dict[str, object]:
    item = studio.workspace.item(request.path_params["item"], "pictures")
    wanted = body.get("labels")
    if not isinstance(wanted, dict):
        raise ImpastoError("What the page sent is not what it sends.")
    return albums.relabel(studio.workspace, item, wanted)


def _preview(studio: "Studio", request: Request, body: dict[str, object]) -> dict[str, object]:
    item = studio.workspace.item(request.path_params["item"], "pictures")
    values = body.get("values", {})
    if not isinstance(values, dict):
        raise ImpastoError("What the page sent is not what it sends.")
    verb, allowed = FORMS["prepare"]
    options_of(studio.actions.verbs[verb], allowed, values, lambda _: "")  # checks them all
    every = studio.workspace.pictures_of(item.path)
    files = preview.spread_out(every)
    names = [path.relative_to(item.path).as_posix() for path in files]
    settings, thresholds = preview.settings_of(values)
    given = str(item.path), names, settings, thresholds
    rows = studio.pictures.work(preview.examine_files, *given) if names else []
    ids = [{"id": albums.id_of(item, name)} for name in names]
    return {"rows": [row | which for row, which in zip(rows, ids, strict=True)], "of": len(every)}


def _set(studio: "Studio", request: Request, _: Any) -> dict[str, object]:
    from impasto.studio import sets

    item = _set_of(studio, request)
    return {**sets.told(studio.workspace, item), "job": _made(studio, item, "prepare")}


def _sheet(studio: "Studio", request: Request, _: Any) -> Response:
    item = _set_of(studio, request)
    place = studio.pictures.sheet(item.path)
    return FileResponse(place, media_type="image/webp", headers=BRIEFLY)


def _rows(studio: "Studio", request: Request, _: Any) -> dict[str, object]:
    item = _set_of(studio, request)
    return studio.reviews.of(item).told()


def _review(studio: "Studio", request: Request, body: dict[str, object]) -> dict[str, object]:
    from impasto.prepare.reviewer import ACTIONS

    item = _set_of(studio, request)
    reviewer = studio.reviews.of(item)
    if request.path_params["what"] not in ACTIONS:
        raise ImpastoError("A review knows no such thing to do.")
    told = reviewer.act(request.path_params["what"], body)
    if told is None:
        raise ImpastoError("What the page sent is not what it sends; reload it.")
    return told


def _reviewed(studio: "Studio", request: Request, _: Any) -> Response:
    from impasto.studio import sets

    item = _set_of(studio, request)
    reviewer = studio.reviews.of(item)
    path, large = sets.picture(studio.workspace, reviewer, request.path_params["picture"])
    place = studio.pictures.thumbnail(path, _LARGE if large else _SMALL)
    return FileResponse(place, media_type="image/webp", headers=BRIEFLY)


ROUTES: Table = [
    ("GET", "/api/albums/{item}", in_thread(_album)),
    ("POST", "/api/albums/{item}/labels", in_thread(_relabel)),
    ("POST", "/api/albums/{item}/preview", in_thread(_preview)),
    ("GET", "/api/albums/{item}/{picture}", in_thread(_album_picture)),
    ("GET", "/api/sets/{item}", in_thread(_set)),
    ("GET", "/api/sets/{item}/sheet", in_thread(_sheet)),
    ("GET", "/api/sets/{item}/review/rows", in_thread(_rows)),
    ("GET", "/api/sets/{item}/review/picture/{picture:path}", in_thread(_reviewed)),
    ("POST", "/api/sets/{item}/review/{what}", in_thread(_review)),
]
