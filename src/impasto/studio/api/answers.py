"""What answers of every screen share: a body that is read bounded, pictures made small, jobs."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response

from impasto.errors import ImpastoError
from impasto.reading import parse_json
from impasto.studio.jobs import Job
from impasto.studio.pictures import SIDES

if TYPE_CHECKING:
    from impasto.studio.app import Studio

MOST_JSON = 4 * 2**20
"""Bytes of what a page sends, pictures aside."""

Answer = Callable[[Request], Awaitable[Response]]

Table = Sequence[tuple[str, str, Answer]]
"""Method, address, and what answers."""


class Json(JSONResponse):
    """JSON in ASCII: names on a disk need not be Unicode, and a page shows such letters as "?"."""

    def render(self, content: Any) -> bytes:
        """The body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def studio_of(request: Request) -> "Studio":
    """The studio that a request is for."""
    studio: Studio = request.app.state.studio
    return studio


def in_thread(work: Callable[["Studio", Request, Any], Any]) -> Answer:
    """An endpoint whose work may wait for a disk; what it returns becomes JSON or is sent as is."""

    @wraps(work)
    async def answer(request: Request) -> Response:
        body = None if request.method in ("GET", "HEAD", "DELETE") else await _body(request)
        found = await run_in_threadpool(work, studio_of(request), request, body)
        return found if isinstance(found, Response) else Json(found)

    return answer


async def _body(request: Request) -> dict[str, object]:
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


def small(studio: "Studio", request: Request, path: Path) -> Response:
    """A picture of the workspace, as small as the page asks."""
    asked = request.query_params.get("side", "320")
    side = int(asked) if asked.isdecimal() and len(asked) < 6 else 320
    nearest = next((each for each in SIDES if each >= side), SIDES[-1])
    place = studio.pictures.thumbnail(studio.workspace.file(path), nearest)
    return FileResponse(place, media_type="image/webp", headers=BRIEFLY)


BRIEFLY = {"Cache-Control": "private, max-age=60"}


def seen(studio: "Studio", job: Job, made: Mapping[str, str] | None = None) -> dict[str, object]:
    """A job as pages see it, with what it made.

    Args:
        studio: of the job.
        job: any.
        made: `Actions.made`, where many jobs are looked at in a row.
    """
    return studio.views.of(studio.workspace, job, studio.actions.made() if made is None else made)
