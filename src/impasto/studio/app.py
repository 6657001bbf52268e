"""The studio's server: addresses, and what answers them. Everything else is in files."""

import errno
import traceback
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import Timeout
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from impasto.errors import ImpastoError
from impasto.studio import api, pages
from impasto.studio.actions import Actions, Verbs
from impasto.studio.api.answers import Json
from impasto.studio.favourites import Favourites
from impasto.studio.jobs import Jobs
from impasto.studio.pictures import Pictures
from impasto.studio.queue import Queue
from impasto.studio.reviews import Reviews
from impasto.studio.security import Gate, token_of
from impasto.studio.uploads import Uploads
from impasto.studio.views import Views
from impasto.studio.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STATIC = Path(__file__).parent / "page" / "static"


@dataclass(frozen=True)
class Studio:
    """All that answers need."""

    workspace: Workspace
    jobs: Jobs
    queue: Queue
    pictures: Pictures
    uploads: Uploads
    favourites: Favourites
    actions: Actions
    reviews: Reviews = field(default_factory=Reviews)
    views: Views = field(default_factory=Views)

    @classmethod
    def of(cls, folder: Path, verbs: Verbs) -> "Studio":
        """The studio of a workspace.

        Args:
            folder: the workspace.
            verbs: the options of the verbs, as the command line describes them.
        """
        workspace = Workspace(folder)
        jobs = Jobs(workspace.own / "jobs")
        pictures = Pictures(workspace.own / "thumbnails")
        uploads = Uploads(workspace, pictures)
        favourites = Favourites(workspace, pictures)
        return cls(
            workspace,
            jobs,
            Queue(jobs, workspace.folder),
            pictures,
            uploads,
            favourites,
            Actions(workspace, jobs, uploads, verbs, favourites),
        )


def application(studio: Studio) -> Starlette:
    """The application without its gate."""

    @asynccontextmanager
    async def life(_: Starlette) -> "AsyncIterator[None]":
        studio.queue.start()
        yield
        studio.queue.close()
        studio.pictures.close()

    app = Starlette(
        routes=[*pages.routes(), *api.routes()],
        exception_handlers={
            ImpastoError: _sentence,
            Timeout: _busy,
            OSError: _system,
            404: partial(_plain, status=404),
            405: partial(_plain, status=405),
            500: partial(_plain, status=500),
        },
        lifespan=life,
    )
    app.router.redirect_slashes = False  # an address is one of ours, or there is nothing
    app.mount("/static", StaticFiles(directory=STATIC))
    app.state.studio = studio
    return app


def gated(studio: Studio, host: str, port: int) -> tuple[Gate, str]:
    """The application behind its gate, and the token that opens it."""
    token = token_of(studio.workspace.own)
    return Gate(application(studio), token, host, port), token


async def _sentence(_: Request, error: Exception) -> Response:
    return Json({"error": str(error)}, 409)


_DISK = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO),
}
_CHANGED = {
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ESTALE),
}


async def _system(_: Request, error: Exception) -> Response:
    """What the system refuses, in words: a disk, what another program changed, or the rest."""
    number, reason = getattr(error, "errno", None), getattr(error, "strerror", None)
    if number in _DISK:
        words = f"The disk refused ({reason}); make room or look at its rights, and try again."
        return Json({"error": words}, 507)
    if number in _CHANGED:
        return Json({"error": "Something changed meanwhile; reload the page."}, 409)
    traceback.print_exception(error)
    words = f"The system refused ({reason or type(error).__name__}); reload the page and try again."
    return Json({"error": words}, 409)


async def _busy(_: Request, __: Exception) -> Response:
    words = "Another page or program is at this just now; wait a moment, and try again."
    return Json({"error": words}, 409)


async def _plain(request: Request, error: Exception, status: int) -> Response:
    if status == 500:
        traceback.print_exception(error)
    words = {404: "There is nothing here.", 405: "This is not done here."}
    sentence = words.get(status, "The studio stumbled; its terminal says over what.")
    if request.url.path.startswith("/api/"):
        return Json({"error": sentence}, status)
    return PlainTextResponse(sentence, status)
