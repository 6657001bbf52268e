"""What a browser hands over, and folders of it."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from impasto.errors import ImpastoError
from impasto.studio.api.answers import Json, Table, in_thread, small, studio_of

if TYPE_CHECKING:
    from impasto.studio.app import Studio


def _photograph(studio: "Studio", request: Request, _: Any) -> Response:
    return small(studio, request, studio.uploads.file(request.path_params["upload"]))


async def _upload(request: Request) -> Response:
    studio = studio_of(request)
    name = request.query_params.get("name", "picture")[:1000]
    folder = request.query_params.get("folder", "")
    aside = "aside" in request.query_params
    return Json({"id": await studio.uploads.take(name, _pieces(request), folder, aside)})


async def _archive(request: Request) -> Response:
    name = request.query_params.get("name", "pictures.zip")[:1000]
    which, count = await studio_of(request).uploads.take_archive(name, _pieces(request))
    return Json({"id": which, "count": count})


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect as error:
        raise ImpastoError("The browser hung up.") from error


def _folder(studio: "Studio", _: Request, body: dict[str, object]) -> dict[str, object]:
    return {"id": studio.uploads.folder(str(body.get("name", ""))[:1000])}


def _wall(studio: "Studio", request: Request, _: Any) -> dict[str, object]:
    item = studio.workspace.item(request.path_params["item"], "pictures")
    return {"title": item.title, "count": len(studio.workspace.pictures_of(item.path))}


def _wall_picture(studio: "Studio", request: Request, _: Any) -> Response:
    item = studio.workspace.item(request.path_params["item"], "pictures")
    number = int(request.path_params["number"])
    return small(studio, request, studio.workspace.picture_of(item.path, number))


ROUTES: Table = [
    ("POST", "/api/uploads", _upload),
    ("POST", "/api/archives", _archive),
    ("GET", "/api/uploads/{upload}", in_thread(_photograph)),
    ("POST", "/api/folders", in_thread(_folder)),
    ("GET", "/api/folders/{item}", in_thread(_wall)),
    ("GET", "/api/folders/{item}/{number:int}", in_thread(_wall_picture)),
]
