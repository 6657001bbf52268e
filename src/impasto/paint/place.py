"""A painting's folder: what we wrote there before is replaced, what others put there is not."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from impasto.core.files import refuse_others
from impasto.core.given import refuse_given
from impasto.core.notes import read_notes
from impasto.errors import ImpastoError
from impasto.paint.document import BEGUN, BORROWED, IN_PROGRESS
from impasto.paint.strokes_file import FORMAT

STROKES, PICTURE, PREVIEW = "strokes.json", "painting.png", "preview.jpg"
SVG, ORA, SHEETS = "painting.svg", "painting.ora", "steps.pdf"
FILMS = ("painting.mp4", "painting.gif", "painting.webp")

EVERY = (STROKES, PICTURE, SVG, ORA, SHEETS, *FILMS, BEGUN, BORROWED)
"""All that a painting may leave in its folder."""

_HEAD = 4_096
"""Bytes in which a strokes.json says what it is."""


def is_ours(folder: Path) -> bool:
    """Whether a painting of ours is in a folder, or one that was not finished."""
    with suppress(OSError), (folder / STROKES).open("rb") as file:
        if FORMAT.encode() in file.read(_HEAD):
            return True
    return any(is_marked(folder / name) for name in (PREVIEW, BEGUN))


def check_place(folder: Path, names: Collection[str]) -> None:
    """Refuse to replace files that are no earlier painting's; call this before the work.

    Args:
        folder: where the painting goes.
        names: what is going to be written there.

    Raises:
        ImpastoError: one of them is there and not ours, or is what is painted.
    """
    refuse_given(*(folder / name for name in names))
    refuse_others(folder, names, is_ours(folder), "--out")


def remove_stale(folder: Path, names: Collection[str]) -> None:
    """Remove what an earlier painting left in its folder and this one does not write.

    Nothing is removed from a folder that holds no painting of ours, and no file that the user has
    given to this command.

    Args:
        folder: where the painting goes; its old strokes.json still lies there.
        names: what this painting writes.
    """
    if not is_ours(folder):
        return
    for name in EVERY:
        if name not in names:
            with suppress(ImpastoError):  # it was given
                refuse_given(folder / name)
                (folder / name).unlink(missing_ok=True)


def is_marked(picture: Path) -> bool:
    """Whether a picture was written while a painting was made."""
    try:
        return read_notes(picture).source == IN_PROGRESS
    except ImpastoError:
        return False
