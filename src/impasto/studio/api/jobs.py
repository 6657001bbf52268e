"""Jobs: asked for, watched, ended, and what they made."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from impasto.errors import ImpastoError
from impasto.studio.api.answers import Table, in_thread, seen, studio_of
from impasto.studio.notes import tail
from impasto.studio.results import KINDS, SHOWN, latents_in
from impasto.studio.sharing import unicode_of

EVERY = 0.35
"""Seconds between two looks at the jobs for a page that watches."""

RECENT = 40
"""Latest jobs that a page hears of; of those that wait or run it hears however many they are."""

if TYPE_CHECKING:
    from impasto.studio.app import Studio


def _ask(studio: "Studio", request: Request, body: dict[str, object]) -> dict[str, object]:
    values = body.get("values", {})
    if not isinstance(values, dict) or len(values) > 100:
        raise ImpastoError("What the page sent is not what it sends.")
    action = request.path_params["action"]
    job = studio.actions.ask(action, str(body.get("subject", "")), values)
    studio.queue.call()
    return seen(studio, job)


def _form(studio: "Studio", request: Request, _: Any) -> list[dict[str, object]]:
    from impasto.studio.actions import FORMS

    action = request.path_params["action"]
    if action not in FORMS:
        raise ImpastoError("The studio knows no such form.")
    return studio.actions.form(action)


def _jobs(studio: "Studio", _: Request, __: Any) -> list[dict[str, object]]:
    made = studio.actions.made()
    told = [seen(studio, job, made) for job in studio.jobs.all(RECENT)]
    return [
        job for at, job in enumerate(told) if at < RECENT or job["state"] in ("waiting", "running")
    ]


def _job(studio: "Studio", request: Request, _: Any) -> dict[str, object]:
    job = studio.jobs.job(request.path_params["job"])
    return seen(studio, job) | {"log": job.log(), "result": tail(job.folder / "result.txt")}


def _cancel(studio: "Studio", request: Request, body: dict[str, object]) -> dict[str, object]:
    job = studio.jobs.job(request.path_params["job"])
    if body.get("at_once") is True:
        job.kill()
    else:
        job.cancel()
    studio.queue.call()
    return seen(studio, job)


def _preview(studio: "Studio", request: Request, _: Any) -> Response:
    job = studio.jobs.job(request.path_params["job"])
    if not job.place:
        raise ImpastoError("This job shows nothing on its way.")
    path = studio.workspace.file(studio.workspace.folder / job.place / "preview.jpg")
    return Response(path.read_bytes(), media_type="image/jpeg")


def _generated(studio: "Studio", request: Request, _: Any) -> Response:
    """A file that a generator's job wrote, by number."""
    job = studio.jobs.job(request.path_params["job"])
    found = studio.actions.results(job)
    number = int(request.path_params["number"])
    if number >= len(found):
        raise ImpastoError("This job made no such file.")
    path = studio.workspace.file(found[number])
    kind = KINDS[path.suffix]
    save = path.suffix not in SHOWN or "save" in request.query_params
    return FileResponse(path, media_type=kind, filename=unicode_of(path.name),
                        content_disposition_type="attachment" if save else "inline")  # fmt: skip


def _latents(studio: "Studio", request: Request, _: Any) -> list[dict[str, object]]:
    """The latents that a job left beside its pictures: what it found can be played with."""
    job = studio.jobs.job(request.path_params["job"])
    if not studio.actions.results(job):
        raise ImpastoError("This job made no such file.")
    return latents_in(studio.workspace, studio.workspace.folder / job.place)


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


ROUTES: Table = [
    ("GET", "/api/events", _events),
    ("GET", "/api/forms/{action}", in_thread(_form)),
    ("POST", "/api/ask/{action}", in_thread(_ask)),
    ("GET", "/api/jobs", in_thread(_jobs)),
    ("GET", "/api/jobs/{job}", in_thread(_job)),
    ("POST", "/api/jobs/{job}/cancel", in_thread(_cancel)),
    ("GET", "/api/jobs/{job}/preview", in_thread(_preview)),
    ("GET", "/api/jobs/{job}/latents", in_thread(_latents)),
    ("GET", "/api/jobs/{job}/files/{number:int}", in_thread(_generated)),
]
