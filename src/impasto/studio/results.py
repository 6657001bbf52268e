"""Files that jobs leave behind for the page."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field

from impasto.core.files import read_json
from impasto.errors import ImpastoError
from impasto.reading import Record, validated
from impasto.studio.jobs import Job
from impasto.studio.workspace import Workspace

KINDS = {
    ".png": "image/png",
    ".mp4": "video/mp4",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".pdf": "application/pdf",
    ".tiff": "image/tiff",
}
"""Files of a job that are handed out, by suffix."""

SHOWN = (".png", ".mp4", ".gif", ".webp", ".jpg")
"""Those that a page may show; others are only saved."""

VERBS = ("generate", "film", "explore", "upscale", "print")
"""Verbs whose files are results of this kind."""


def results(workspace: Workspace, job: Job) -> list[Path]:
    """Files that a job wrote and that may be handed out, by name."""
    if job.verb not in VERBS or not job.place or job.place.startswith("."):
        return []
    folder = workspace.folder / job.place
    if not folder.is_dir():
        return []
    with suppress(OSError):  # it was removed meanwhile
        return sorted(path for path in folder.iterdir() if path.suffix in KINDS and path.is_file())
    return []


class Found(Record):
    """A latent that a command left as JSON, as far as the page needs it."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(max_length=200)]
    values: Annotated[list[float], Field(min_length=1, max_length=4_096)]
    truncation: Annotated[float, Field(ge=0, le=10)] = 1.0
    label: Annotated[str, Field(max_length=200)] | None = None


def latents_in(workspace: Workspace, folder: Path) -> list[dict[str, object]]:
    """The latents that lie beside the pictures of a folder.

    Raises:
        ImpastoError: there are none.
    """
    found = []
    for path in sorted(folder.glob("*.json"))[:200]:
        value = read_json(workspace.file(path), "latents", 2**22)
        if isinstance(value, dict) and value.get("format") == "impasto-latents":
            rows = value.get("latents")
            found += [validated(Found, row, path.name) for row in rows or [] if rows]
    if not found:
        raise ImpastoError("There is nothing to play with here.")
    return [each.model_dump() for each in found]
