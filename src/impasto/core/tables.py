"""CSV tables that are safe in spreadsheets, and that read back what a spreadsheet has saved.

A cell that a spreadsheet would run as a formula is written after an apostrophe, which reading
removes. Other separators, quotes, line ends and encodings are accepted, and columns may be missing.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impasto.core.encodings import decode, is_utf8
from impasto.errors import ImpastoError
from impasto.reading import read_bytes

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n"
"""First characters of cells that a spreadsheet runs, including full-width signs."""
_UNGUARDED = re.compile(f"(^|[;\t\r\n])('*)(?=[{_SIGNS}])")
_GUARDED = re.compile(f"(^|[;\t\r\n])'('*)(?=[{_SIGNS}])")
"""Also after semicolons and tabs, at which a spreadsheet may split despite quotes."""

MOST_UNPACKED = 2**31
"""Most bytes of memory for a table: a few million rows."""
_ROW, _CELL = 350, 60
"""Bytes in memory of each of these."""

_SEPARATORS = ",;\t|"
_QUOTED = re.compile(r'[",;\t|\r\n]|^\s|\s$')
_MOST_LINES = 16
"""Most lines of one row, as file names may contain line breaks."""


@dataclass(frozen=True)
class Table:
    """A table as read."""

    rows: list[dict[str, str]]
    """Rows by column; columns missing from the file are missing here."""
    columns: tuple[str, ...]
    torn: list[tuple[int, str]]
    """Number and text of invalid lines."""
    ours: bool
    """Whether the file has exactly the form that `header` and `line` write."""


def table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV text with a header.

    Raises:
        ValueError: a row has an unknown column.
    """
    return header(columns) + "".join(line(columns, row) for row in rows)


def header(columns: Sequence[str]) -> str:
    """The first line."""
    return ",".join(columns) + "\n"


def line(columns: Sequence[str], row: Mapping[str, Any]) -> str:
    """One row; missing cells are empty."""
    if unknown := row.keys() - set(columns):
        raise ValueError(f"no such columns: {sorted(unknown)}")
    return ",".join(_cell(str(row.get(column, ""))) for column in columns) + "\n"


def _cell(value: str) -> str:
    value = _UNGUARDED.sub(r"\1'\2", value)
    return '"' + value.replace('"', '""') + '"' if _QUOTED.search(value) else value


def read_table(path: Path, what: str, needed: Sequence[str], most: int) -> Table:
    """Read a table that may have been saved by a spreadsheet.

    Args:
        path: the file.
        what: what it should be ("an index"), for the error.
        needed: required columns.
        most: most bytes to read.

    Raises:
        FileNotFoundError: there is none.
        ImpastoError: it is not a plain file, too large, or not a table with these columns.
    """
    path.stat()  # raises FileNotFoundError, which callers may handle
    content = read_bytes(path, what, most)
    text = decode(content)
    ends, parts = (sum(map(text.count, signs)) for signs in ("\r\n", _SEPARATORS))
    if 2 * len(text) + _ROW * ends + _CELL * parts > MOST_UNPACKED:
        raise ImpastoError(f"{path} is too large to be {what}: it has too many rows.")
    lines = io.StringIO(text, newline="").readlines()
    first = 1 if lines and re.fullmatch(r'"?sep=.?"?\s*', lines[0], re.IGNORECASE) else 0
    columns, separator = _columns(lines[first] if len(lines) > first else "", needed)
    missing = [column for column in needed if column not in columns]
    if missing:
        raise ImpastoError(
            f"{path} is not {what}: its first line names no column {missing[0]!r}; "
            "correct the line, or move the file away."
        )
    rows, torn = [], []
    for number, found in _rows(lines[first + 1 :], separator, len(columns)):
        if isinstance(found, str):
            torn.append((number + first + 1, found))
        else:
            cells = (_bare(cell) for cell in found)
            rows.append(dict(zip(columns, cells, strict=True)))
    whole = content[: content.rfind(b"\n") + 1]
    ours = whole.startswith(header(columns).encode()) and b"\r\n" not in whole and is_utf8(whole)
    return Table(rows, columns, torn, ours)


LARGE = 2**25
"""Bytes above which a table is not held in memory as a whole."""


def scan_table(path: Path, what: str, needed: Sequence[str], most: int) -> Iterator[dict[str, str]]:
    """The valid rows of a table one by one; a large table must be as `header` and `line` write it.

    Raises:
        FileNotFoundError: there is none.
        ImpastoError: as `read_table`.
        ValueError: a large table was saved by another program.
    """
    if path.stat().st_size <= LARGE:
        yield from read_table(path, what, needed, most).rows
        return
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        columns = next(reader, [])
        if any(column not in columns for column in needed):
            raise ValueError(f"{path} is not as it was written")
        for cells in reader:
            yield dict(zip(columns, map(_bare, cells), strict=True))


def _columns(text: str, needed: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The names in the first line, split by the separator that gives most known names."""
    readings = []
    for separator in _SEPARATORS:
        cells, _ = _first_row([text], separator)
        names = tuple(cell.strip().lower() for cell in cells or ())
        readings.append((len(set(names) & set(needed)), len(names), names, separator))
    _, _, names, separator = max(readings, key=lambda reading: reading[:2])
    while names and not names[-1]:  # empty columns at the end
        names = names[:-1]
    return names, separator


def _rows(lines: list[str], separator: str, width: int) -> Iterator[tuple[int, list[str] | str]]:
    """Number and cells of each row, or the text of an invalid line, which affects no others."""
    at = 0
    while at < len(lines):
        row, span = _first_row(lines[at : at + _MOST_LINES], separator)
        if row is not None and len(row) >= width and not any(row[width:]):
            yield at + 1, row[:width]
            at += span
            continue
        if lines[at].strip(f"{separator}\r\n "):  # not an empty row
            yield at + 1, lines[at].rstrip("\r\n")
        at += 1


def _first_row(lines: list[str], separator: str) -> tuple[list[str] | None, int]:
    """The cells of the row that starts here, or None, and its number of lines."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        return next(reader), reader.line_num  # reads further lines while a quote is open
    except (csv.Error, StopIteration):
        return None, 1


def _bare(cell: str) -> str:
    """Remove protective apostrophes."""
    return _GUARDED.sub(r"\1\2", cell)
