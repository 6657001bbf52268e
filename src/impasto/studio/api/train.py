"""Train: runs, their sheets, and every knob."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from impasto.core.runs import Run
from impasto.errors import ImpastoError
from impasto.studio.api.answers import Table, in_thread, seen, small
from impasto.studio.runs import room, story
from impasto.studio.workspace import Item

if TYPE_CHECKING:
    from impasto.studio.app import Studio


def _run(studio: "Studio", request: Request, _: Any) -> dict[str, object]:
    item = studio.workspace.item(request.path_params["item"], "run")
    made = studio.jobs.latest(item.name)
    told = seen(studio, made) if made else None
    return {"id": item.id, "title": item.title, "job": told, "room": room(item, made),
            **story(item)}  # fmt: skip


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
    return small(studio, request, which[what])


def _knobs(_: "Studio", __: Request, ___: Any) -> list[tuple[str, str, str]]:
    from impasto.config import knobs

    return knobs()


ROUTES: Table = [
    ("GET", "/api/knobs", in_thread(_knobs)),
    ("GET", "/api/runs/{item}", in_thread(_run)),
    ("GET", "/api/runs/{item}/{what}/{images:int}", in_thread(_sheet)),
]
