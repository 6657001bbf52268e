"""Files of a job's folder as the studio reads them, whatever state they are in."""

import json
import os
from contextlib import suppress
from pathlib import Path

from impasto.core.files import read_json
from impasto.errors import ImpastoError

TAIL = 64 * 2**10
"""Bytes at the end of a job's events that are read to know how it stands."""


def note(path: Path) -> dict[str, object] | None:
    """The object that a JSON file holds; None where there is none, or no file."""
    if not path.exists():
        return None
    try:
        value = read_json(path, "a job's note", 2**20)
    except ImpastoError:
        return None
    return value if isinstance(value, dict) else None


def tail(path: Path, most: int = TAIL) -> str:
    """The last lines of a file, whole ones."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most))
            content = file.read(most)
    except OSError:
        return ""
    text = content.decode("utf-8", "replace")
    return text.partition("\n")[2] if size > most else text


def events_in(path: Path) -> list[dict[str, object]]:
    """The last events of a file; lines that are none are passed over."""
    rows = []
    for line in tail(path).splitlines():
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
            if isinstance(row, dict) and isinstance(row.get("event"), str):
                rows.append(row)
    return rows


def spoken_in(path: Path) -> str:
    """What a person would have read on the terminal."""
    return "\n".join(filter(None, map(_spoken, tail(path).splitlines())))


def _spoken(line: str) -> str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return line
    return str(row["text"]) if isinstance(row, dict) and "text" in row else ""
