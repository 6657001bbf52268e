"""Which files of a folder may be pictures, and what they are called."""

import os
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from impasto.core.console import counted, say
from impasto.data.shards import WHOLE, is_sharded
from impasto.errors import ImpastoError

COLOURFIELD = "colourfield"
"""The set that comes with Impasto."""

ARCHIVES = {".zip", ".tar", ".tgz", ".gz"}
"""Suffixes of archives; one inside a folder is not opened."""
_NO_PICTURES = {
    *(".csv", ".db", ".doc", ".docx", ".htm", ".html", ".ini", ".json", ".log", ".md", ".pdf"),
    *(".py", ".rtf", ".tsv", ".txt", ".url", ".xml", ".yaml", ".yml"),
    *(".jsonl", ".npy", ".pt", ".safetensors"),
    *ARCHIVES,
}
"""Suffixes of files that lie beside pictures and never claim to be one."""


def check_named(data: str) -> None:
    """Refuse DATA that is neither there nor built in.

    Raises:
        ImpastoError: so it is.
    """
    there = os.path.exists(Path(data).expanduser())  # noqa: PTH110 -- pathlib's may raise
    if not there and data.partition(":")[0] != COLOURFIELD:
        raise ImpastoError(
            f"DATA {data!r} is neither a folder nor a built-in set; "
            f"name a folder of pictures, or {COLOURFIELD}."
        )


def list_files(
    folder: Path, out: Path | None = None, called: Path | None = None
) -> tuple[list[Path], int]:
    """All files that may be pictures, relative to `folder`, in an order that never changes.

    Hidden files, `__MACOSX`, `Thumbs.db` and files whose suffix says that they are text or
    archives are counted and passed over; so is `out`, should it lie inside. Links are followed,
    each folder is walked once.

    Args:
        folder: where to look.
        out: a folder to leave out.
        called: what the user calls the folder, for errors.

    Returns:
        The files, and how many were passed over.

    Raises:
        ImpastoError: the folder is missing, is a file, or holds nothing.
    """
    called = called or folder
    if not os.path.isdir(folder):  # noqa: PTH112 -- never raises, however odd the name
        what = "is a file, not a folder" if os.path.lexists(folder) else "does not exist"
        raise ImpastoError(f"{called} {what}; name a folder of pictures.")
    found = list(_walk(folder, out.resolve() if out else None))
    files = sorted((f for f in found if not passed_over(f)), key=lambda f: f.parts)
    if not files:
        inside = min((f for f in found if f.suffix.lower() in ARCHIVES), default=None)
        if inside is not None:
            raise ImpastoError(
                f"{called} holds no pictures, only archives; name one: {folder / inside}."
            )
        raise ImpastoError(f"{called} holds no pictures; name the folder that they lie in.")
    return files, len(found) - len(files)


def _walk(folder: Path, out: Path | None) -> Iterator[Path]:
    """Every file, relative to `folder`: first where it lies, then what only links lead to."""
    top = folder.resolve()
    seen = {_identity(place) for place in (top, *top.parents)}
    waiting = deque([folder])
    while waiting:
        start = waiting.popleft()
        if start != folder and _identity(start) in seen:  # a loop, or reached before
            continue
        for place, folders, names in os.walk(start, onerror=_say_unreadable):
            here, inner = Path(place), []
            seen.add(_identity(here))
            for name in sorted(folders):
                target = here / name
                if target.resolve() == out:
                    continue
                if _is_own(target):
                    say(f"{target} is a run or a prepared set of Impasto's and is left out.")
                    continue
                if target.is_symlink():
                    waiting += [] if name.startswith(".") else [target]
                elif _identity(target) not in seen:
                    inner.append(name)
            folders[:] = inner
            yield from ((here / name).relative_to(folder) for name in names)


def _is_own(folder: Path) -> bool:
    """Whether it is a run or a prepared set; other tools write a `dataset.json` as well."""
    if not os.path.isfile(folder / "dataset.json"):  # noqa: PTH113 -- never raises
        return False
    known = (folder / name for name in (WHOLE, "recipe.yaml"))
    return any(map(os.path.isfile, known)) or is_sharded(folder)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _say_unreadable(error: OSError) -> None:
    say(f"{error.filename}: {error.strerror}; what lies in it is left out.", style="yellow")


def passed_over(file: Path) -> bool:
    """Whether a file is never looked at: hidden, a system's own, or plainly no picture."""
    return (
        any(part.startswith(".") or part == "__MACOSX" for part in file.parts)
        or file.name.lower() == "thumbs.db"
        or file.suffix.lower() in _NO_PICTURES
    )


def select(files: list[Path], only: Sequence[str], skip: Sequence[str]) -> list[Path]:
    """The files that match any pattern of `only` (all if empty) and none of `skip`.

    A pattern is matched against the whole relative name, as in `Klee/*` or `*sketch*`.

    Raises:
        ImpastoError: nothing is left.
    """
    kept = [file for file in files if matches(name_of(file), only, skip)]
    if not kept:
        raise ImpastoError(
            f"--only and --skip leave none of the {counted(len(files), 'file')}; "
            f"a pattern is matched against names such as {name_of(files[0])}."
        )
    return kept


def matches(name: str, only: Sequence[str], skip: Sequence[str]) -> bool:
    """Whether a name fits any pattern of `only` (all if empty) and none of `skip`."""

    def fits(patterns: Sequence[str]) -> bool:
        return any(fnmatchcase(_composed(name), _composed(pattern)) for pattern in patterns)

    return (not only or fits(only)) and not fits(skip)


def name_of(file: Path) -> str:
    """A relative file as text, with `/` everywhere; bytes that are no UTF-8 are spelt out."""
    return os.fsencode(file.as_posix()).decode("utf-8", "backslashreplace")


def label_of(file: str) -> str:
    """The first sub-folder that a file lies in; empty for a file at the top."""
    first, slash, _ = file.partition("/")
    return _composed(first) if slash else ""


def _composed(text: str) -> str:
    """With accents in one piece: macOS takes them apart, and the two look the same."""
    return unicodedata.normalize("NFC", text)
