"""Play: generators for the browser, what runs them there, and favourites."""

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from impasto.errors import ImpastoError
from impasto.studio import generators
from impasto.studio.api.answers import BRIEFLY, Table, in_thread

if TYPE_CHECKING:
    from impasto.studio.app import Studio


def _generator(studio: "Studio", request: Request, _: Any) -> dict[str, object]:
    item = studio.workspace.item(request.path_params["item"], "generator", "run")
    if not generators.playable(item):
        raise ImpastoError(f"{item.title} has no generator yet; let it learn a little longer.")
    ready = generators.is_ready(studio.workspace, item)
    about = None
    if ready:
        about, _ = generators.read_generator(generators.place_of(studio.workspace, item))
        ready = "levels" in about  # else an older Impasto prepared it
    names = generators.names_of(studio.workspace, item)
    told = {"id": item.id, "title": item.title, "name": item.name, "ready": ready, "about": about}
    return told | {"names": names}


def _names(studio: "Studio", request: Request, body: dict[str, object]) -> dict[str, str]:
    """Call a direction something."""
    item = studio.workspace.item(request.path_params["item"], "generator", "run")
    generators.name_direction(studio.workspace, item, body.get("direction"), body.get("name"))
    return generators.names_of(studio.workspace, item)


def _model(studio: "Studio", request: Request, _: Any) -> Response:
    item = studio.workspace.item(request.path_params["item"], "generator", "run")
    _, weights = generators.read_generator(generators.place_of(studio.workspace, item))
    kind = "application/octet-stream"
    return Response(weights, media_type=kind, headers={"Content-Encoding": "gzip"})


RUNTIME = {
    "ort.wasm.min.js": "text/javascript",
    "ort-wasm-simd-threaded.mjs": "text/javascript",
    "ort-wasm-simd-threaded.wasm": "application/wasm",
}
"""ONNX Runtime Web, as it lies in the package for exported pages."""


def _runtime(_: "Studio", request: Request, __: Any) -> Response:
    name = request.path_params["name"]
    package = Path(__file__).parents[2] / "export"
    if name == "chance.js":
        return FileResponse(package / "page" / name, media_type="text/javascript")
    if name not in RUNTIME:
        raise ImpastoError("The runtime has no such part.")
    path = package / "vendor" / f"{name}.gz"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(path.read_bytes()), media_type=RUNTIME[name])
    headers = {"Content-Encoding": "gzip", "Cache-Control": "private, max-age=3600"}
    return FileResponse(path, media_type=RUNTIME[name], headers=headers)


def _favourites(studio: "Studio", _: Request, __: Any) -> list[dict[str, object]]:
    return studio.favourites.all()


def _keep(studio: "Studio", _: Request, body: dict[str, object]) -> dict[str, object]:
    picture = body.pop("picture", "")
    studio.workspace.item(str(body.get("generator", "")), "generator", "run")
    return {"id": studio.favourites.keep(body, picture if isinstance(picture, str) else "")}


def _drop(studio: "Studio", request: Request, _: Any) -> dict[str, object]:
    studio.favourites.drop(request.path_params["favourite"])
    return {}


def _favourite_picture(studio: "Studio", request: Request, _: Any) -> Response:
    path = studio.favourites.picture(request.path_params["favourite"])
    if path is None:
        raise ImpastoError("There is no picture of this favourite.")
    return FileResponse(path, media_type="image/png", headers=BRIEFLY)


ROUTES: Table = [
    ("GET", "/api/generators/{item}", in_thread(_generator)),
    ("POST", "/api/generators/{item}/names", in_thread(_names)),
    ("GET", "/api/generators/{item}/model", in_thread(_model)),
    ("GET", "/api/runtime/{name}", in_thread(_runtime)),
    ("GET", "/api/favourites", in_thread(_favourites)),
    ("POST", "/api/favourites", in_thread(_keep)),
    ("DELETE", "/api/favourites/{favourite}", in_thread(_drop)),
    ("GET", "/api/favourites/{favourite}/picture", in_thread(_favourite_picture)),
]
