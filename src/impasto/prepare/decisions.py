"""`decisions.csv`: every file, kept or dropped, why, and by what number."""

import csv
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from impasto.core.console import say
from impasto.core.files import atomic_writer
from impasto.core.tables import LARGE, Table, header, line, read_table, scan_table
from impasto.errors import ImpastoError

FILE = "decisions.csv"
COLUMNS = ("file", "verdict", "reason", "detail", "twin", "width", "height", "sha256")
KEPT_BY_HAND, DROPPED_BY_HAND = "kept by hand", "dropped by hand"
_BY_HAND = (KEPT_BY_HAND, DROPPED_BY_HAND)
ABSENT = "absent"
"""The verdict on a file that a person wants to keep and that is not among the files of a run."""

_AWAY = "not among the files of this run"
_LARGEST = 2**30


@dataclass(slots=True)
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

    @property
    def by_hand(self) -> bool:
        """Whether a person decided."""
        return self.reason in _BY_HAND

    @property
    def away(self) -> bool:
        """Whether it is of a file that the last run did not see; another may have its name."""
        return self.by_hand and self.detail == _AWAY

    def drop(self, reason: str, detail: str = "", twin: str = "") -> None:
        """Drop it, unless it was dropped before: the first reason stands."""
        if self.kept:
            self.verdict, self.reason, self.twin = "reject", reason, twin
            self.detail = detail


def write_decisions(out: Path, decisions: list[Decision]) -> None:
    """Write `decisions.csv`, atomically."""
    with atomic_writer(out / FILE) as file:
        file.write(header(COLUMNS).encode())
        for each in decisions:
            row = {column: getattr(each, column) for column in COLUMNS}
            file.write(line(COLUMNS, row).encode("utf-8", "backslashreplace"))


def read_decisions(out: Path, quietly: bool = False) -> list[Decision]:
    """The decisions of the run before, whatever a spreadsheet has made of them; none without file.

    Args:
        out: the prepared set.
        quietly: say nothing of what was left out.

    Raises:
        ImpastoError: what a person decided may stand in the file and cannot be read, or there are
            more rows than memory holds.
    """
    path = out / FILE
    try:
        found = read_table(path, "a list of decisions", ("file", "reason"), _LARGEST)
    except FileNotFoundError:
        return []
    for number, text in found.torn:
        if _may_be_by_hand(text, found):
            raise ImpastoError(
                f"{path}, line {number} is torn, and what it says may be decided by hand; put it "
                "right or delete it, and run the same command again."
            )
        if not quietly:
            say(f"{path}, line {number} is torn and was left out; the file is judged anew.")
    return [_decision(row, path) for row in found.rows]


def read_words(out: Path, quietly: bool = False) -> list[Decision]:
    """What the next run must know of the one before: `by_hand` and `carried` ask for no more.

    Of a large table that is what a person decided, and what else has the same content; the other
    decisions are made anew in each run.

    Args:
        out: the prepared set.
        quietly: say nothing of what was left out.

    Raises:
        ImpastoError: as `read_decisions`.
    """
    path = out / FILE
    try:
        if path.stat().st_size > LARGE:
            return _words_of(path) if _speaks_of_hands(path) else []
    except FileNotFoundError:
        return []
    except (ValueError, csv.Error):  # it was saved by another program, or torn
        pass
    return read_decisions(out, quietly)


def _words_of(path: Path) -> list[Decision]:
    """Row by row, twice: copies may stand before the row that a person changed.

    Raises:
        ValueError: this needs the whole table.
    """

    def rows() -> Iterator[Decision]:
        scanned = scan_table(path, "a list of decisions", ("file", "reason"), _LARGEST)
        return (_decision(row, path) for row in scanned)

    contents = {each.sha256 for each in rows() if each.by_hand}
    if "" in contents:
        raise ValueError("a decision on an unknown content")
    wanted = {*contents, ""}
    return [each for each in rows() if each.by_hand or each.sha256 in wanted]


_HAND = re.compile(
    rb"by hand"
    rb'|[,;\t|]"?reject"?[,;\t|]"?"?[,;\t|]'
    rb'|[,;\t|]"?keep"?[,;\t|]"?[^",;\t|]'
)
"""What a person decided: in our words, or by another verdict than the reason is for."""


def _speaks_of_hands(path: Path) -> bool:
    """Whether a person's decision may stand in a large file: as it was written, or saved oddly."""
    before = b""
    with path.open("rb") as file:
        while block := file.read(2**20):
            # UTF-16 has a zero in each letter; whatever is not ours is read as a whole.
            if b"\0" in block or _HAND.search((before + block).lower()):
                return True
            before = block[-64:]
    return False


def _decision(row: Mapping[str, str], path: Path) -> Decision:
    decision = Decision(**{column: row.get(column, "") for column in COLUMNS})
    reason = decision.reason.strip()
    # A spreadsheet may put a capital where a sentence begins.
    decision.reason = reason.lower() if reason.lower() in _BY_HAND else reason
    decision.verdict = decision.verdict.strip().lower()
    sha256 = decision.sha256.strip().lower()
    decision.sha256 = sha256 if re.fullmatch("[0-9a-f]{64}", sha256) else ""  # torn: by name then
    if not decision.verdict:
        decision.verdict = "keep" if decision.reason in ("", KEPT_BY_HAND) else "reject"
    # We write a reason for each reject and none for a keep: what is otherwise was changed by hand.
    elif decision.verdict == "keep" and decision.reason:
        decision.reason = KEPT_BY_HAND
    elif decision.verdict == "reject" and decision.reason in ("", KEPT_BY_HAND):
        decision.reason = DROPPED_BY_HAND
    elif decision.verdict not in ("keep", "reject", ABSENT):
        raise ImpastoError(
            f"{path}: {decision.verdict!r} is no verdict on {decision.file}; write keep or reject, "
            "and run the same command again."
        )
    return decision


def _may_be_by_hand(text: str, found: Table) -> bool:
    """Other decisions are made anew in each run, so that nothing is lost with them."""
    separators = max(text.count(each) for each in ",;\t|")
    return "by hand" in text or separators <= found.columns.index("reason")


def by_hand(before: list[Decision], hashes: Mapping[str, str]) -> dict[str, bool]:
    """What a person has decided on the files of this run: keep it, by name.

    A file is known by its content, wherever it has moved. Of several files with the same content
    each follows its own decision: dropping a copy does not drop the picture that was kept, and
    keeping one file does not bring back its copies. A file without a decision of its own takes over
    that of a file that is away; or it is dropped, if every other file with its content was dropped.

    Args:
        before: the decisions of the run before.
        hashes: SHA-256 by name of the files of this run; also for decisions that have lost theirs.
    """
    kept = {d.file for d in before if d.kept and d.sha256 in ("", hashes.get(d.file))}
    words: dict[str, dict[str, bool]] = defaultdict(dict)
    for decision in before:
        sha256 = decision.sha256 or hashes.get(decision.file, "")
        if decision.by_hand and sha256:
            words[sha256][decision.file] = decision.reason == KEPT_BY_HAND
    found = {}
    taken: set[str] = set()
    for file, sha256 in hashes.items():
        said = words.get(sha256, {})
        if file in said:
            found[file] = said[file]
        elif said and file not in kept:
            away = [name for name in said if hashes.get(name) != sha256 and name not in taken]
            if away:
                name = max(away, key=said.__getitem__)
                found[file] = said[name]
                taken.add(name)
            elif not any(said.values()):
                found[file] = False
    return found


def carried(before: list[Decision], hashes: Mapping[str, str]) -> list[Decision]:
    """What a person decided on files that are not among those of this run: they may come back.

    Args:
        before: the decisions of the run before.
        hashes: SHA-256 by name of the files of this run.
    """
    here: Collection[str] = {*hashes.values()}
    away = [
        decision
        for decision in before
        if decision.by_hand
        and (decision.sha256 not in here if decision.sha256 else decision.file not in hashes)
    ]
    return [
        replace(each, detail=_AWAY, twin="", verdict=ABSENT if each.kept else each.verdict)
        for each in away
    ]
