"""`impasto prepare`: a folder of anything becomes a set that a training can trust."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from impasto.config import Fit
from impasto.core.console import say, track
from impasto.core.files import write_text
from impasto.core.images import FILTER, Picture
from impasto.data.crop import fit_picture, size_before_fit
from impasto.data.dataset import DatasetWriter, table
from impasto.data.decode import MOST_PIXELS, Unreadable, decode_content, read_content
from impasto.data.parallel import map_in_order
from impasto.errors import ImpastoError

DECISIONS = "decisions.csv"
DECISION_COLUMNS = ("file", "verdict", "reason", "detail", "twin", "width", "height", "sha256")

_NO_PICTURES = {
    *(".csv", ".db", ".doc", ".docx", ".htm", ".html", ".ini", ".json", ".log", ".md", ".pdf"),
    *(".py", ".rtf", ".tsv", ".txt", ".url", ".xml", ".yaml", ".yml", ".zip", ".tar", ".gz"),
}
"""Suffixes of files that lie beside pictures and never claim to be one."""


@dataclass(frozen=True)
class Settings:
    """How pictures are made; equal settings and files give the same set, bit by bit."""

    width: int
    height: int
    fit: Fit = "crop"
    matte: int = 255
    most_pixels: int = MOST_PIXELS


@dataclass
class Decision:
    """What became of one file."""

    file: str
    verdict: str = "keep"
    reason: str = ""
    detail: str = ""
    twin: str = ""
    width: int | str = ""
    height: int | str = ""
    sha256: str = ""


@dataclass(frozen=True)
class PreparedReport:
    """What `prepare` did."""

    folder: Path
    found: int
    kept: int
    ignored: int
    fingerprint: str
    reasons: dict[str, int] = field(default_factory=dict)
    """Files dropped, by reason."""


def prepare(
    folder: Path,
    out: Path,
    *,
    size: int | tuple[int, int],
    fit: Fit = "crop",
    name: str | None = None,
) -> PreparedReport:
    """Make a prepared set of all pictures in a folder and its sub-folders.

    Args:
        folder: where the pictures are; the first level of sub-folders becomes the labels.
        out: where the set goes.
        size: the side of a square, or (width, height), in pixels.
        fit: how a picture becomes that size.
        name: the set's name; the folder's if not given.

    Raises:
        ImpastoError: the folder is missing, or holds no picture that can be read.
    """
    width, height = (size, size) if isinstance(size, int) else size
    settings = Settings(width, height, fit)
    files, ignored = list_files(folder, out)
    work = map_in_order(partial(_prepare_one, folder, settings), files, len(files))
    decisions: list[Decision] = []
    with DatasetWriter(out, width, height) as writer:
        for decision, picture in track(work, "preparing", len(files), "files"):
            decisions.append(decision)
            if picture is not None:
                writer.add(picture, decision.file, label_of(decision.file))
            else:
                say(f"dropped {decision.file}: {decision.reason} {decision.detail}".rstrip())
        if not writer.rows:
            raise ImpastoError(f"None of the {len(files)} files in {folder} is a readable picture.")
        write_decisions(out, decisions)
        fingerprint = writer.finish(
            name or folder.resolve().name,
            fit=fit,
            filter=FILTER.name.lower(),
            source=str(folder),
            options={"matte": settings.matte},
        )
    dropped = Counter(d.reason for d in decisions if d.verdict == "reject")
    kept = len(decisions) - dropped.total()
    return PreparedReport(out, len(files), kept, ignored, fingerprint, dict(dropped))


def list_files(folder: Path, out: Path | None = None) -> tuple[list[Path], int]:
    """All files that may be pictures, relative to `folder`, in an order that never changes.

    Hidden files, `__MACOSX`, `Thumbs.db` and files whose suffix says that they are text or
    archives are counted and passed over; so is `out`, should it lie inside.

    Returns:
        The files, and how many were passed over.

    Raises:
        ImpastoError: the folder is missing, is a file, or holds nothing.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise ImpastoError(f"{folder} {what}; name a folder of pictures.")
    found = list(_walk(folder, out.resolve() if out else None))
    files = sorted((f for f in found if not _passed_over(f)), key=lambda f: f.parts)
    if not files:
        raise ImpastoError(f"{folder} holds no pictures; name the folder that they lie in.")
    return files, len(found) - len(files)


def _walk(folder: Path, out: Path | None) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = [f for f in folders if (here / f).resolve() != out]
        for name in names:
            yield (here / name).relative_to(folder)


def _passed_over(file: Path) -> bool:
    return (
        any(part.startswith(".") or part == "__MACOSX" for part in file.parts)
        or file.name.lower() == "thumbs.db"
        or file.suffix.lower() in _NO_PICTURES
    )


def name_of(file: Path) -> str:
    """A relative file as text, with `/` everywhere; bytes that are no UTF-8 are spelt out."""
    return os.fsencode(file.as_posix()).decode("utf-8", "backslashreplace")


def label_of(file: str) -> str:
    """The first sub-folder that a file lies in; empty for a file at the top."""
    first, slash, _ = file.partition("/")
    return first if slash else ""


def write_decisions(out: Path, decisions: list[Decision]) -> None:
    """Write `decisions.csv`: every file, kept or not, and why."""
    rows: list[dict[str, Any]] = [vars(decision) for decision in decisions]
    write_text(out / DECISIONS, table(DECISION_COLUMNS, rows))


def _prepare_one(folder: Path, settings: Settings, file: Path) -> tuple[Decision, Picture | None]:
    """Decode and crop one file; runs in a worker."""
    decision = Decision(name_of(file))

    def wanted(across: int, down: int) -> tuple[int, int]:
        """Twice the target: the filter then sees enough to be as sharp as from full size."""
        least = size_before_fit(across, down, settings.width, settings.height, settings.fit)
        return 2 * least[0], 2 * least[1]

    try:
        content = read_content(folder / file, settings.most_pixels)
        decision.sha256 = hashlib.sha256(content).hexdigest()
        decoded = decode_content(content, wanted, settings.matte, settings.most_pixels)
    except Unreadable as error:
        decision.verdict, decision.reason, decision.detail = "reject", error.reason, error.detail
        return decision, None
    decision.width, decision.height = decoded.width, decoded.height
    decision.detail = ", ".join(decoded.notes)
    cropped = fit_picture(
        decoded.image, settings.width, settings.height, settings.fit, settings.matte
    )
    return decision, np.asarray(cropped)
