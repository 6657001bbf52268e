"""What pages ask for while they are open: JSON, pictures, and a stream of what the jobs do."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from impasto.core.runs import Run
from impasto.errors import ImpastoError
from impasto.reading import open_file, parse_json
from impasto.studio import generators
from impasto.studio.jobs import Job
from impasto.studio.pictures import SIDES
from impasto.studio.runs import story
from impasto.studio.workspace import Item, facts

if TYPE_CHECKING:
    from impasto.studio.app import Studio

MOST_JSON = 4 * 2**20
"""Bytes of what a page sends, pictures aside."""

EVERY = 0.35
"""Seconds between two looks at the jobs for a page that watches."""

RECENT = 40
"""Jobs that a page hears of."""

Answer = Callable[[Request], Awaitable[Response]]


def studio_of(request: Request) -> "Studio":
    """The studio that a request is for."""
    studio: Studio = request.app.state.studio
    return studio


def _in_thread(work: Callable[["Studio", Request, Any], Any]) -> Answer:
    """An endpoint whose work may wait for a disk; what it returns becomes JSON or is sent as is."""

    @wraps(work)
    async def answer(request: Request) -> Response:
        body = None if request.method in ("GET", "HEAD", "DELETE") else await _body(request)
        found = await run_in_threadpool(work, studio_of(request), request, body)
        return found if isinstance(found, Response) else JSONResponse(found)

    return answer


async def _body(request: Request) -> dict[str, Any]:
    content = b""
    try:
        async for piece in request.stream():
            content += piece
            if len(content) > MOST_JSON:
                raise ImpastoError("This is more than a page ever sends.")
    except ClientDisconnect as error:
        raise ImpastoError("The browser hung up.") from error
    value = await run_in_threadpool(parse_json, content, "What the page sent", "what it sends")
    if not isinstance(value, dict):
        raise ImpastoError("What the page sent is not what it sends.")
    return value


def _home(studio: "Studio", _: Request, __: Any) -> dict[str, Any]:
    ready = {"run", "generator"}
    return {
        "items": [
            {
                "id": item.id,
                "kind": item.kind,
                "title": item.title,
                "changed": item.changed,
                "cover": studio.workspace.cover(item) is not None,
                "playable": item.kind in ready and generators.playable(item),
                **facts(item),
            }
            for item in studio.workspace.items()
        ],
        "favourites": studio.favourites.all()[:60],
        "photographs": studio.uploads.recent(),
        "folder": studio.workspace.folder.name,
    }


def _cover(studio: "Studio", request: Request, _: Any) -> Response:
    item = studio.workspace.item(request.path_params["item"])
    cover = studio.workspace.cover(item)
    if cover is None:
        raise ImpastoError(f"There is no picture of {item.title} yet.")
    return _small(studio, request, cover)


def _small(studio: "Studio", request: Request, path: Path) -> Response:
    asked = request.query_params.get("side", "320")
    side = int(asked) if asked.isdecimal() and len(asked) < 6 else 320
    nearest = next((each for each in SIDES if each >= side), SIDES[-1])
    place = studio.pictures.thumbnail(studio.workspace.file(path), nearest)
    return FileResponse(place, media_type="image/webp", headers=_BRIEFLY)


_BRIEFLY = {"Cache-Control": "private, max-age=60"}

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


def _painting(studio: "Studio", request: Request, _: Any) -> dict[str, Any]:
    item = studio.workspace.item(request.path_params["item"], "painting")
    made = next((job for job in studio.jobs.all() if job.place == item.name), None)
    about = made.about if made else ""
    known = {each["id"] for each in studio.uploads.recent(5_000)}
    return {
        "id": item.id,
        "title": item.title,
        "files": [name for name, (file, _) in FILES.items() if (item.path / file).is_file()],
        "photograph": about if about in known else None,
        "strokes": _strokes(item.path / "strokes.json"),
        "job": made.id if made else None,
        "command": made.view()["command"] if made else "",
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
    return FileResponse(path, media_type=kind, filename=called,
                        content_disposition_type="attachment" if save else "inline")  # fmt: skip


def _generated(studio: "Studio", request: Request, _: Any) -> Response:
    """A file that a generator's job wrote, by number."""
    job = studio.jobs.job(request.path_params["job"])
    found = _results(studio, job)
    number = int(request.path_params["number"])
    if number >= len(found):
        raise ImpastoError("This job made no such file.")
    path = studio.workspace.file(found[number])
    kind = KINDS[path.suffix]
    save = "save" in request.query_params
    return FileResponse(path, media_type=kind, filename=path.name,
                        content_disposition_type="attachment" if save else "inline")  # fmt: skip


KINDS = {
    ".png": "image/png",
    ".mp4": "video/mp4",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
}
"""Files of a job that are handed out, by suffix."""


def _results(studio: "Studio", job: Job) -> list[Path]:
    folder = studio.workspace.folder / job.place if job.place else None
    if folder is None or job.place.startswith(".") or not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix in KINDS and path.is_file())


def _photograph(studio: "Studio", request: Request, _: Any) -> Response:
    return _small(studio, request, studio.uploads.file(request.path_params["upload"]))


async def _upload(request: Request) -> Response:
    studio = studio_of(request)
    name = request.query_params.get("name", "picture")[:1000]
    folder = request.query_params.get("folder", "")

    async def pieces() -> AsyncIterator[bytes]:
        try:
            async for piece in request.stream():
                yield piece
        except ClientDisconnect as error:
            raise ImpastoError("The browser hung up.") from error

    return JSONResponse({"id": await studio.uploads.take(name, pieces(), folder)})


def _folder(studio: "Studio", _: Request, body: dict[str, Any]) -> dict[str, Any]:
    return {"id": studio.uploads.folder(str(body.get("name", ""))[:1000])}


def _wall(studio: "Studio", request: Request, _: Any) -> dict[str, Any]:
    item = studio.workspace.item(request.path_params["item"], "pictures")
    return {"title": item.title, "count": len(studio.workspace.pictures_of(item.path))}


def _wall_picture(studio: "Studio", request: Request, _: Any) -> Response:
    item = studio.workspace.item(request.path_params["item"], "pictures")
    pictures = studio.workspace.pictures_of(item.path)
    number = int(request.path_params["number"])
    if number >= len(pictures):
        raise ImpastoError("There are fewer pictures.")
    return _small(studio, request, pictures[number])


def _ask(studio: "Studio", request: Request, body: dict[str, Any]) -> dict[str, Any]:
    values = body.get("values", {})
    if not isinstance(values, dict) or len(values) > 100:
        raise ImpastoError("What the page sent is not what it sends.")
    action = request.path_params["action"]
    job = studio.actions.ask(action, str(body.get("subject", "")), values)
    studio.queue.call()
    return _seen(studio, job)


def _form(studio: "Studio", request: Request, _: Any) -> list[dict[str, Any]]:
    from impasto.studio.actions import FORMS

    action = request.path_params["action"]
    if action not in FORMS:
        raise ImpastoError("The studio knows no such form.")
    return studio.actions.form(action)


def _seen(studio: "Studio", job: Job) -> dict[str, Any]:
    made = studio.actions.made_by(job)
    files = len(_results(studio, job)) if job.verb == "generate" else 0
    return job.view() | {"made": made.id if made else None, "files": files}


def _jobs(studio: "Studio", _: Request, __: Any) -> list[dict[str, Any]]:
    return [_seen(studio, job) for job in studio.jobs.all(RECENT)]


def _job(studio: "Studio", request: Request, _: Any) -> dict[str, Any]:
    job = studio.jobs.job(request.path_params["job"])
    from impasto.studio.jobs import tail

    return _seen(studio, job) | {"log": job.log(), "result": tail(job.folder / "result.txt")}


def _cancel(studio: "Studio", request: Request, body: dict[str, Any]) -> dict[str, Any]:
    job = studio.jobs.job(request.path_params["job"])
    if body.get("at_once") is True:
        job.kill()
    else:
        job.cancel()
    studio.queue.call()
    return _seen(studio, job)


def _preview(studio: "Studio", request: Request, _: Any) -> Response:
    job = studio.jobs.job(request.path_params["job"])
    if not job.place:
        raise ImpastoError("This job shows nothing on its way.")
    path = studio.workspace.file(studio.workspace.folder / job.place / "preview.jpg")
    return Response(path.read_bytes(), media_type="image/jpeg")


def _run(studio: "Studio", request: Request, _: Any) -> dict[str, Any]:
    item = studio.workspace.item(request.path_params["item"], "run")
    of_it = [job for job in studio.jobs.all() if job.place == item.name]
    latest = _seen(studio, of_it[0]) if of_it else None
    return {"id": item.id, "title": item.title, "job": latest, **story(item)}


def _sheet(studio: "Studio", request: Request, _: Any) -> Response:
    item: Item = studio.workspace.item(request.path_params["item"], "run")
    run, images = Run(item.path), int(request.path_params["images"])
    which = {
        "sheet": run.sample(images),
        "nearest": run.nearest(images),
        "reals": run.reals,
    }
    what = request.path_params["what"]
    if what not in which:
        raise ImpastoError("A run has no such sheet.")
    return _small(studio, request, which[what])


def _generator(studio: "Studio", request: Request, _: Any) -> dict[str, Any]:
    item = studio.workspace.item(request.path_params["item"], "generator", "run")
    if not generators.playable(item):
        raise ImpastoError(f"{item.title} has no generator yet; let it learn a little longer.")
    ready = generators.is_ready(studio.workspace, item)
    about = None
    if ready:
        about, _ = generators.read_generator(generators.place_of(studio.workspace, item))
    return {"id": item.id, "title": item.title, "name": item.name, "ready": ready, "about": about}


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
    package = Path(__file__).parents[1] / "export"
    if name == "chance.js":
        return FileResponse(package / "page" / name, media_type="text/javascript")
    if name not in RUNTIME:
        raise ImpastoError("The runtime has no such part.")
    path = package / "vendor" / f"{name}.gz"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(path.read_bytes()), media_type=RUNTIME[name])
    headers = {"Content-Encoding": "gzip", "Cache-Control": "private, max-age=3600"}
    return FileResponse(path, media_type=RUNTIME[name], headers=headers)


def _knobs(_: "Studio", __: Request, ___: Any) -> list[tuple[str, str, str]]:
    from impasto.config import knobs

    return knobs()


def _favourites(studio: "Studio", _: Request, __: Any) -> list[dict[str, Any]]:
    return studio.favourites.all()


def _keep(studio: "Studio", _: Request, body: dict[str, Any]) -> dict[str, Any]:
    picture = body.pop("picture", "")
    studio.workspace.item(str(body.get("generator", "")), "generator", "run")
    return {"id": studio.favourites.keep(body, picture if isinstance(picture, str) else "")}


def _drop(studio: "Studio", request: Request, _: Any) -> dict[str, Any]:
    studio.favourites.drop(request.path_params["favourite"])
    return {}


def _favourite_picture(studio: "Studio", request: Request, _: Any) -> Response:
    path = studio.favourites.picture(request.path_params["favourite"])
    if path is None:
        raise ImpastoError("There is no picture of this favourite.")
    return FileResponse(path, media_type="image/png", headers=_BRIEFLY)


async def _events(request: Request) -> Response:
    studio = studio_of(request)

    async def stream() -> AsyncIterator[str]:
        said = ""
        while not await request.is_disconnected():
            now = json.dumps(await run_in_threadpool(_jobs, studio, request, None))
            yield f"event: jobs\ndata: {now}\n\n" if now != said else ": still here\n\n"
            said = now
            await asyncio.sleep(EVERY)

    return StreamingResponse(stream(), media_type="text/event-stream")


def routes() -> list[Route]:
    """Every address that answers with data."""
    table: list[tuple[str, str, Answer]] = [
        ("GET", "/api/home", _in_thread(_home)),
        ("GET", "/api/events", _events),
        ("GET", "/api/items/{item}/cover", _in_thread(_cover)),
        ("GET", "/api/paintings/{item}", _in_thread(_painting)),
        ("GET", "/api/paintings/{item}/{what}", _in_thread(_painting_file)),
        ("POST", "/api/uploads", _upload),
        ("GET", "/api/uploads/{upload}", _in_thread(_photograph)),
        ("POST", "/api/folders", _in_thread(_folder)),
        ("GET", "/api/folders/{item}", _in_thread(_wall)),
        ("GET", "/api/folders/{item}/{number:int}", _in_thread(_wall_picture)),
        ("GET", "/api/forms/{action}", _in_thread(_form)),
        ("GET", "/api/knobs", _in_thread(_knobs)),
        ("POST", "/api/ask/{action}", _in_thread(_ask)),
        ("GET", "/api/jobs", _in_thread(_jobs)),
        ("GET", "/api/jobs/{job}", _in_thread(_job)),
        ("POST", "/api/jobs/{job}/cancel", _in_thread(_cancel)),
        ("GET", "/api/jobs/{job}/preview", _in_thread(_preview)),
        ("GET", "/api/jobs/{job}/files/{number:int}", _in_thread(_generated)),
        ("GET", "/api/runs/{item}", _in_thread(_run)),
        ("GET", "/api/runs/{item}/{what}/{images:int}", _in_thread(_sheet)),
        ("GET", "/api/generators/{item}", _in_thread(_generator)),
        ("GET", "/api/generators/{item}/model", _in_thread(_model)),
        ("GET", "/api/runtime/{name}", _in_thread(_runtime)),
        ("GET", "/api/favourites", _in_thread(_favourites)),
        ("POST", "/api/favourites", _in_thread(_keep)),
        ("DELETE", "/api/favourites/{favourite}", _in_thread(_drop)),
        ("GET", "/api/favourites/{favourite}/picture", _in_thread(_favourite_picture)),
    ]
    return [Route(path, answer, methods=[method]) for method, path, answer in table]
