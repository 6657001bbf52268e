"""Which files of a folder may be pictures, and what they are called."""

import os
import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from impasto.core.console import counted, say
from impasto.errors import ImpastoError

WHOLE = "pictures.npy"
"""What a set of one shard is called."""

SHARD = re.compile(r"pictures-\d{5}-[0-9a-f]{12}\.npy")
"""What a shard of a larger one is called."""

COLOURFIELD = "colourfield"
"""The set that comes with Impasto."""

ARCHIVES = {
    *(".zip", ".tar", ".tgz", ".gz", ".tbz2", ".bz2", ".txz", ".xz", ".zst", ".7z", ".rar"),
    ".parquet",
}
"""Suffixes of archives; one inside a folder is not opened."""
PAINT = "-paint"
"""How the names end of the map of whose paint is where in a picture, a PNG, and of its description,
a JSON file: they lie beside it."""

SHARDS = {".tar", ".parquet"}
"""Suffixes of what other libraries pack sets into, several files to a set."""
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
    archives are counted and passed over; so are maps of whose paint is where, and `out`, should it
    lie inside. Links are followed,
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
    names, passed = list_names(folder, out, called)
    return [Path(name) for name in names], passed


def list_names(
    folder: Path, out: Path | None = None, called: Path | None = None
) -> tuple[list[str], int]:
    """As `list_files`, as texts with `/`: a million of them take a tenth of the memory."""
    called = called or folder
    if not os.path.isdir(folder):  # noqa: PTH112 -- never raises, however odd the name
        what = "is a file, not a folder" if os.path.lexists(folder) else "does not exist"
        raise ImpastoError(f"{called} {what}; name a folder of pictures.")
    names, passed, inside = list[str](), 0, None
    maps = set[str]()
    for file in _walk(folder, out.resolve() if out else None):
        if not passed_over(file):
            names.append(file.as_posix())
            continue
        passed += 1
        if file.suffix.lower() in ARCHIVES:
            inside = min(inside or file, file)
        if file.name.endswith(f"{PAINT}.json"):
            maps.add(file.with_suffix(".png").as_posix())
    if maps:
        pictures = [name for name in names if name not in maps]
        names, passed = pictures, passed + len(names) - len(pictures)
    if not names:
        if inside is not None:
            raise ImpastoError(
                f"{called} holds no pictures, only archives; name one: {folder / inside}."
            )
        raise ImpastoError(f"{called} holds no pictures; name the folder that they lie in.")
    if inside is not None:
        say_unopened(called, inside)
    return sorted(names, key=lambda name: name.replace("/", "\0")), passed


def say_unopened(place: Path, inside: Path | str) -> None:
    """Say that an archive lies among the pictures of a folder or another archive."""
    say(
        f"{place} holds archives too, such as {inside}, which are not opened; unpack them, or "
        "prepare each by itself.",
        style="yellow",
    )


def list_shards(folder: Path) -> list[str]:
    """The plain TARs and parquet files of a folder, by name, with `/`; hidden ones are left out."""
    files = (file for file in _walk(folder, None) if file.suffix.lower() in SHARDS)
    names = (file.as_posix() for file in files if not any(p[0] == "." for p in file.parts))
    return sorted(names, key=lambda name: name.replace("/", "\0"))


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
    return any(map(os.path.isfile, known)) or _is_sharded(folder)


def _is_sharded(folder: Path) -> bool:
    with suppress(OSError):
        return any(map(SHARD.fullmatch, os.listdir(folder)))  # noqa: PTH208 -- as it is quicker
    return False


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


def select(names: list[str], only: Sequence[str], skip: Sequence[str]) -> list[int]:
    """Positions of the names that match any pattern of `only` (all if empty) and none of `skip`.

    A pattern is matched against the whole relative name, as in `Klee/*` or `*sketch*`.

    Raises:
        ImpastoError: nothing is left.
    """
    kept = [number for number, name in enumerate(names) if matches(name, only, skip)]
    if not kept:
        raise ImpastoError(
            f"--only and --skip leave none of the {counted(len(names), 'file')}; "
            f"a pattern is matched against names such as {names[0]}."
        )
    return kept


def matches(name: str, only: Sequence[str], skip: Sequence[str]) -> bool:
    """Whether a name fits any pattern of `only` (all if empty) and none of `skip`."""

    def fits(patterns: Sequence[str]) -> bool:
        return any(fnmatchcase(_composed(name), _composed(pattern)) for pattern in patterns)

    return (not only or fits(only)) and not fits(skip)


def name_of(file: Path | str) -> str:
    """A relative file as text, with `/` everywhere; bytes that are no UTF-8 are spelt out."""
    text = file if isinstance(file, str) else file.as_posix()
    if text.isascii():
        return text
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def label_of(file: str) -> str:
    """The first sub-folder that a file lies in; empty for a file at the top."""
    first, slash, _ = file.partition("/")
    return _composed(first) if slash else ""


def _composed(text: str) -> str:
    """With accents in one piece: macOS takes them apart, and the two look the same."""
    return unicodedata.normalize("NFC", text)
