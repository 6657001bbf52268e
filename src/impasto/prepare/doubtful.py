"""What a review shows: what was dropped, what is doubtful, and last what was simply kept."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from impasto.core.console import counted
from impasto.core.files import read_json, write_json
from impasto.errors import ImpastoError
from impasto.prepare.decisions import Decision
from impasto.prepare.examine import Facts
from impasto.prepare.rules import Judged, Notice, scored
from impasto.prepare.store import FOLDER

REVIEW = "review.json"
LIKE_A_PHOTOGRAPH = "kept, but like a photograph"
UNLIKE_THE_REST = "kept, but unlike the rest"
HAS_COPIES = "kept, has copies"
KEPT = "kept"

_SCORE = -15.0
"""One painting in a hundred scores above this: few enough to look at."""
_NEAR = 10.0
"""How far below its limit a picture is doubtful, in a set whose own paintings score higher."""
_ODD = 2.5
_LARGEST = 2**30

MOST_ROWS = 100_000
"""On one page: of a larger set what was simply kept is left out, and then the rest beyond."""


@dataclass(frozen=True)
class Row:
    """One picture of a review."""

    file: str
    path: str
    """Where it lies, as `prepare.where` reads it."""
    reason: str
    """Why it was dropped, or why to look at it although it was kept."""
    detail: str
    """The numbers behind it, as text."""
    keep: bool
    by_hand: bool
    """Whether a person decided so, in an earlier review."""
    asked: bool
    """Whether it is doubtful; one that a person has seen and left alone stays as it is marked."""
    readable: bool
    """Whether there is a picture to show, and to keep."""
    width: int
    height: int
    bytes: int
    other: str = ""
    """The copy of the same picture to compare it with."""


@dataclass(frozen=True)
class Review:
    """What a review shows."""

    rows: list[Row]
    families: list[list[str]] = field(default_factory=list)
    """Files that show one picture, the best copy first; each has a row."""
    notices: list[Notice] = field(default_factory=list)


class Places(Protocol):
    """Knows where each file lies."""

    def where(self, name: str) -> str:
        """As `prepare.where` reads it."""
        ...


def note_review(out: Path, facts: Sequence[Facts], judged: Judged, places: Places) -> None:
    """Write down what a review of the set in `out` is to show.

    Args:
        out: the set's folder.
        facts: of all files.
        judged: the decisions on them, in the same order.
        places: where each file lies.
    """
    others = judged.others()
    copied = {file for family in judged.families for file in family}
    few = len(facts) <= MOST_ROWS
    rows = list[Row]()
    left_out = 0
    for number, decision in enumerate(judged.decisions):
        doubt = _doubt(decision, judged)
        why_kept = doubt or (HAS_COPIES if decision.file in copied else KEPT)
        told = few or why_kept != KEPT or not decision.kept or decision.by_hand
        if not told or len(rows) >= MOST_ROWS:
            left_out += 1
            continue
        each = facts[number]
        row = Row(
            file=decision.file,
            path=places.where(decision.file),
            reason=decision.reason if decision.by_hand or not decision.kept else why_kept,
            detail=_detail(decision, judged),
            keep=decision.kept,
            by_hand=decision.by_hand,
            asked=bool(doubt),
            readable=not each.reason,
            width=each.width,
            height=each.height,
            bytes=each.bytes,
            other=others.get(decision.file, ""),
        )
        rows.append(row)
    here = {row.file for row in rows}
    families = [[file for file in family if file in here] for family in judged.families]
    families = [family for family in families if len(family) > 1]
    if left_out:
        says = f"{counted(left_out, 'picture')} of {len(facts)} are not on this page."
        judged.notices.append(Notice("review", says))
    review = Review(_in_order(rows, judged), families, judged.notices)
    write_json(out / FOLDER / REVIEW, asdict(review))


def read_review(out: Path) -> Review:
    """What `note_review` wrote down.

    Raises:
        ImpastoError: it is missing or damaged.
    """
    path = out / FOLDER / REVIEW
    try:
        return _SOUND.validate_python(read_json(path, "what a review shows", _LARGEST))
    except ValidationError as error:
        raise ImpastoError(f"{path} is damaged; delete it and give the command again.") from error


_SOUND = TypeAdapter(Review)


def _doubt(decision: Decision, judged: Judged) -> str:
    """Why a person should look at it whatever was decided; empty if there is no reason."""
    if decision.by_hand:
        return ""
    limit = _SCORE if judged.limit in (None, math.inf) else max(_SCORE, judged.limit - _NEAR)
    if judged.photograph.get(decision.file, limit) > limit:
        return LIKE_A_PHOTOGRAPH
    return UNLIKE_THE_REST if judged.oddness.get(decision.file, _ODD) > _ODD else ""


def _detail(decision: Decision, judged: Judged) -> str:
    score, odd = judged.photograph.get(decision.file), judged.oddness.get(decision.file)
    if not decision.kept or decision.by_hand or score is None:
        return decision.detail
    numbers = scored(score, judged.limit)
    return numbers if odd is None else f"{numbers}, oddness {odd:.1f}"


def _in_order(rows: list[Row], judged: Judged) -> list[Row]:
    """The likeliest photographs first, then what is odd, then reason by reason."""
    count = Counter(row.reason for row in rows)

    def place(row: Row) -> tuple[object, ...]:
        score = -judged.photograph.get(row.file, 0.0) if row.asked else 0.0
        last = (HAS_COPIES, KEPT).index(row.reason) if row.reason in (HAS_COPIES, KEPT) else -1
        return not row.asked, score, last, not row.readable, -count[row.reason], row.reason

    return sorted(rows, key=place)
