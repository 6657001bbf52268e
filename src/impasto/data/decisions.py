"""`decisions.csv`: every file, kept or dropped, why, and by what number."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from impasto.core.files import write_text
from impasto.data.dataset import table

FILE = "decisions.csv"
COLUMNS = ("file", "verdict", "reason", "detail", "twin", "width", "height", "sha256")
KEPT_BY_HAND, DROPPED_BY_HAND = "kept by hand", "dropped by hand"

_LARGEST = 2**30


@dataclass
class Decision:
    """What becomes of one file."""

    file: str
    verdict: str = "keep"
    reason: str = ""
    detail: str = ""
    twin: str = ""
    width: int | str = ""
    height: int | str = ""
    sha256: str = ""

    @property
    def kept(self) -> bool:
        """Whether it is in the set."""
        return self.verdict == "keep"

    def drop(self, reason: str, detail: str = "", twin: str = "") -> None:
        """Drop it, unless it was dropped before: the first reason stands."""
        if self.kept:
            self.verdict, self.reason, self.twin = "reject", reason, twin
            self.detail = detail


def write_decisions(out: Path, decisions: list[Decision]) -> None:
    """Write `decisions.csv`, atomically."""
    write_text(out / FILE, table(COLUMNS, [vars(decision) for decision in decisions]))


def read_decisions(out: Path) -> list[Decision]:
    """The decisions of the run before; none where there are none, or where they are damaged."""
    path = out / FILE
    try:
        if path.stat().st_size > _LARGEST:
            return []
        text = path.read_text(encoding="utf-8")
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        return [Decision(**{column: row[column] or "" for column in COLUMNS}) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError):
        return []


def by_hand(decisions: list[Decision]) -> dict[str, bool]:
    """What a person has decided: SHA-256 of the file → keep it."""
    return {
        decision.sha256: decision.reason == KEPT_BY_HAND
        for decision in decisions
        if decision.reason in (KEPT_BY_HAND, DROPPED_BY_HAND) and decision.sha256
    }
