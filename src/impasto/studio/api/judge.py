"""Judge: the pages that were written, shown inside, and what a person said of a blind wall."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from impasto.reading import read_bytes
from impasto.studio import judging
from impasto.studio.api.answers import Table, in_thread
from impasto.studio.security import ASKING_PAGE, INNER_PAGE

if TYPE_CHECKING:
    from impasto.studio.app import Studio

LARGEST_PAGE = 512 * 2**20


def _pages(studio: "Studio", _: Request, __: Any) -> dict[str, object]:
    found = judging.pages(studio.workspace)
    return {
        "pages": [judging.view(studio.workspace, each) for each in found],
        "recipes": judging.Judging.recipes(),
    }


def _page(studio: "Studio", request: Request, _: Any) -> Response:
    """A page in a sandbox: whatever it holds, it can neither ask the studio nor leave its frame."""
    found = judging.page(studio.workspace, request.path_params["page"])
    content = read_bytes(found.path, "a page", LARGEST_PAGE)
    policy = ASKING_PAGE if found.kind == "blind" else INNER_PAGE
    return Response(content, media_type="text/html", headers={"Content-Security-Policy": policy})


def _answer(studio: "Studio", request: Request, body: dict[str, object]) -> dict[str, object]:
    return {"words": judging.answer(studio.workspace, request.path_params["page"], body)}


ROUTES: Table = [
    ("GET", "/api/pages", in_thread(_pages)),
    ("GET", "/api/pages/{page}", in_thread(_page)),
    ("POST", "/api/pages/{page}/answer", in_thread(_answer)),
]
