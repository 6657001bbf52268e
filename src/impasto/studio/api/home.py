"""Home: what there is in the workspace, with a picture each."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from impasto.errors import ImpastoError
from impasto.studio import generators
from impasto.studio.api.answers import BRIEFLY, Table, in_thread, small
from impasto.studio.workspace import Item, facts

if TYPE_CHECKING:
    from impasto.studio.app import Studio


def _home(studio: "Studio", _: Request, __: Any) -> dict[str, object]:
    return {
        "items": [_card(studio, item) for item in studio.workspace.items()],
        "favourites": studio.favourites.all()[:60],
        "photographs": studio.uploads.recent(),
        "folder": studio.workspace.folder.name,
    }


def _card(studio: "Studio", item: Item) -> dict[str, object]:
    told = facts(item)  # of a set that cannot be read there is nothing, and no picture
    picture = bool(told) if item.kind == "set" else studio.workspace.cover(item) is not None
    return {
        "id": item.id,
        "kind": item.kind,
        "title": item.title,
        "changed": item.changed,
        "cover": picture,
        "playable": item.kind in ("run", "generator") and generators.playable(item),
        **told,
    }


def _cover(studio: "Studio", request: Request, _: Any) -> Response:
    item = studio.workspace.item(request.path_params["item"])
    if item.kind == "set":
        place = studio.pictures.sheet(studio.workspace.whole(item).path)
        return FileResponse(place, media_type="image/webp", headers=BRIEFLY)
    cover = studio.workspace.cover(item)
    if cover is None:
        raise ImpastoError(f"There is no picture of {item.title} yet.")
    return small(studio, request, cover)


ROUTES: Table = [
    ("GET", "/api/home", in_thread(_home)),
    ("GET", "/api/items/{item}/cover", in_thread(_cover)),
]
