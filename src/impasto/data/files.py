"""Which files of a folder may be pictures, and what they are called."""

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from impasto.errors import ImpastoError

COLOURFIELD = "colourfield"
"""The set that comes with Impasto."""

_NO_PICTURES = {
    *(".csv", ".db", ".doc", ".docx", ".htm", ".html", ".ini", ".json", ".log", ".md", ".pdf"),
    *(".py", ".rtf", ".tsv", ".txt", ".url", ".xml", ".yaml", ".yml", ".zip", ".tar", ".gz"),
    *(".jsonl", ".npy", ".pt", ".safetensors"),
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
    files = sorted((f for f in found if not passed_over(f)), key=lambda f: f.parts)
    if not files:
        raise ImpastoError(f"{folder} holds no pictures; name the folder that they lie in.")
    return files, len(found) - len(files)


def _walk(folder: Path, out: Path | None) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        here = Path(place)
        # A folder with a dataset.json is a run or a prepared set: Impasto's own, not to learn from.
        folders[:] = [
            f
            for f in folders
            if (here / f).resolve() != out and not (here / f / "dataset.json").is_file()
        ]
        for name in names:
            yield (here / name).relative_to(folder)


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
    kept = []
    for file in files:
        name = name_of(file)
        wanted = not only or any(fnmatchcase(name, pattern) for pattern in only)
        if wanted and not any(fnmatchcase(name, pattern) for pattern in skip):
            kept.append(file)
    if not kept:
        raise ImpastoError(
            f"--only and --skip leave none of the {len(files)} files; "
            f"a pattern is matched against names such as {name_of(files[0])}."
        )
    return kept


def name_of(file: Path) -> str:
    """A relative file as text, with `/` everywhere; bytes that are no UTF-8 are spelt out."""
    return os.fsencode(file.as_posix()).decode("utf-8", "backslashreplace")


def label_of(file: str) -> str:
    """The first sub-folder that a file lies in; empty for a file at the top."""
    first, slash, _ = file.partition("/")
    return first if slash else ""
