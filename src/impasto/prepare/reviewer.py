"""What a person keeps and drops of a set, click by click: for `prepare --review`, for the studio.

Every click is written to `decisions.csv` at once, under the file's SHA-256, and every undo puts the
rows back as they were. "Done" also writes down the doubtful pictures that the person has seen and
left alone: the next run asks nothing twice, wherever a file has moved.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from impasto.core.console import one_line
from impasto.errors import ImpastoError
from impasto.prepare.cache import Cache
from impasto.prepare.decisions import (
    DROPPED_BY_HAND,
    FILE,
    KEPT_BY_HAND,
    Decision,
    read_decisions,
    write_decisions,
)
from impasto.prepare.doubtful import Review
from impasto.prepare.report import size_in_words
from impasto.prepare.store import FOLDER
from impasto.prepare.where import fetch

ACTIONS = ("decide", "undo", "done")
"""What the page's buttons ask for."""


class Reviewer:
    """The rows of a review, and what is decided on them; used from several threads.

    Pictures are known to the page by their number in the list of rows.
    """

    def __init__(
        self,
        out: Path,
        shown: Review,
        hold: Callable[[Path], AbstractContextManager[None]] = nullcontext,  # type: ignore[assignment]
    ) -> None:
        """Begin a review.

        Args:
            out: the set's folder.
            shown: what `prepare` wrote down for it.
            hold: holds the set for the time of one click, where it is not held all the time.

        Raises:
            ImpastoError: `decisions.csv` cannot be read.
        """
        self._out, self._shown, self._rows, self._hold = out, shown, shown.rows, hold
        self._numbers = {row.file: number for number, row in enumerate(self._rows)}
        self._keep = [row.keep for row in self._rows]
        self._earlier = {number for number, row in enumerate(self._rows) if row.by_hand}
        """Rows that were decided by hand before this review began."""
        self._take_over()
        self._steps: list[dict[int, Decision]] = []
        """Rows of `decisions.csv` as they were before each click, by number."""
        self._cache = Cache(out / FOLDER / "cache")
        self._changed = self._closed = False
        self._lock = threading.Lock()

    @property
    def changed(self) -> bool:
        """Whether the set is to be made anew."""
        return self._changed

    def act(self, what: str, said: Any) -> dict[str, object] | None:
        """Do what a button asks for.

        Args:
            what: one of `ACTIONS`.
            said: JSON from the page, not trusted.

        Returns:
            What the page is told; None if the request makes no sense.

        Raises:
            ImpastoError: `decisions.csv` cannot be read or written; it stays as it is.
        """
        actions = {"decide": self._on_decide, "undo": self._on_undo, "done": self._on_done}
        return actions[what](said)

    def picture(self, name: str) -> tuple[Path, bool] | None:
        """The picture that `NUMBER` or `NUMBER/large` names, and whether it is wanted large."""
        number, large, *more = [*name.split("/"), "", ""]
        if large not in ("", "large") or any(more):
            return None
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return None
        row = self._rows[int(number)] if int(number) < len(self._rows) else None
        if row is None or not row.readable:
            return None
        with suppress(ImpastoError, OSError):  # elsewhere, and gone
            return fetch(row.path, self._cache), large == "large"
        return None

    def decide(self, words: Mapping[int, bool]) -> None:
        """Keep (True) or drop pictures, as one step that can be undone.

        Raises:
            ImpastoError: `decisions.csv` cannot be read or written; it stays as it is.
        """
        with self._lock:
            before = self._change(words, lambda number, row: _by_hand(row, words[number]))
            self._steps.append(before)
            for number, keep in words.items():
                self._keep[number] = keep

    def undo(self) -> list[int]:
        """Take the last step back; returns whose it was, nothing if there is none left.

        Raises:
            ImpastoError: as with `decide`.
        """
        with self._lock:
            if not self._steps:
                return []
            before = self._steps[-1]
            self._change(before, lambda number, row: _as_before(row, before[number]))
            self._steps.pop()
            for number, decision in before.items():
                self._keep[number] = decision.kept
        return list(before)

    def settle(self, seen: Iterable[int]) -> int:
        """Write down that doubtful pictures were seen and left as they are marked; how many.

        What is dropped so takes those of its copies along that are dropped too. What was decided
        by hand, now or earlier, stays as it is.

        Raises:
            ImpastoError: as with `decide`.
        """
        with self._lock:
            decided = self._decided() | self._earlier
            asked = [n for n in seen if self._rows[n].asked and n not in decided]
            words = {number: self._keep[number] for number in asked}
            dropped = {self._rows[number].file for number in asked if not words[number]}
            for family in self._shown.families:
                if not dropped.isdisjoint(family):
                    copies = (self._numbers[file] for file in family)
                    words |= dict.fromkeys((n for n in copies if not self._keep[n]), False)
            words = {n: keep for n, keep in words.items() if n not in decided}
            self._change(words, lambda number, row: _by_hand(row, words[number]))
        return len(asked)

    def close(self) -> bool:
        """Take no further clicks; returns whether the set is to be made anew."""
        with self._lock:  # a click that is being written down is waited for
            self._closed = True
            return self._changed

    def _change(
        self, numbers: Iterable[int], put: Callable[[int, Decision], None]
    ) -> dict[int, Decision]:
        """Change rows of the table; returns them as they were."""
        wanted = {self._rows[number].file: number for number in numbers}
        if not wanted:
            return {}
        if self._closed:
            raise ImpastoError("the review has ended; run the same command again.")
        with self._hold(self._out):
            decisions = read_decisions(self._out)
            mine = [each for each in decisions if each.file in wanted and not each.away]
            missing = wanted.keys() - {each.file for each in mine}
            if missing:  # what is written replaces the table: without its rows it stays
                raise ImpastoError(
                    f"{self._out / FILE} has no row for {min(missing)} any more, and was left as "
                    "it is. End this with Ctrl-C and give the same command again."
                )
            before = {wanted[each.file]: replace(each) for each in mine}
            for decision in mine:
                put(wanted[decision.file], decision)
            try:
                write_decisions(self._out, decisions)
            except OSError as error:
                raise ImpastoError(f"{self._out / FILE} cannot be written: {error}.") from error
        self._changed = True
        return before

    def _take_over(self) -> None:
        """Mark what was decided since `prepare` wrote the review, by one that was closed since."""
        for each in read_decisions(self._out, quietly=True):
            number = self._numbers.get(each.file)
            if number is not None and each.by_hand and not each.away:
                self._keep[number] = each.kept
                self._earlier.add(number)

    def _decided(self) -> set[int]:
        return {number for step in self._steps for number in step}

    def told(self) -> dict[str, object]:
        """All that the page knows; no path."""
        families = [[self._numbers[file] for file in each] for each in self._shown.families]
        family = {number: place for place, each in enumerate(families) for number in each}
        with self._lock:
            decided = self._decided()
            rows = [self._row(number, number in decided) for number in range(len(self._rows))]
            steps = len(self._steps)
        for number, row in enumerate(rows):
            row["family"] = family.get(number)
        notices = [{"filter": each.filter, "says": each.says} for each in self._shown.notices]
        return {"rows": rows, "families": families, "notices": notices, "steps": steps}

    def _row(self, number: int, mine: bool) -> dict[str, object]:
        row = self._rows[number]
        return {
            **{"id": number, "name": one_line(row.file), "reason": row.reason},
            **{"detail": one_line(row.detail), "asked": row.asked, "readable": row.readable},
            **{"size": size_in_words(row.width, row.height, row.bytes)},
            **{"other": self._numbers.get(row.other), **self._state(number, mine)},
        }

    def _state(self, number: int, mine: bool) -> dict[str, object]:
        return {"keep": self._keep[number], "mine": mine, "earlier": number in self._earlier}

    def _changes(self, numbers: Iterable[int]) -> dict[str, object]:
        with self._lock:
            decided = self._decided()
            changed = [{"id": n, **self._state(n, n in decided)} for n in numbers]
            return {"changed": changed, "steps": len(self._steps)}

    def _on_decide(self, said: Any) -> dict[str, object] | None:
        """`{"keep": [numbers], "drop": [numbers]}`."""
        keep, drop = self._said(said, "keep"), self._said(said, "drop")
        if keep is None or drop is None or not keep + drop or set(keep) & set(drop):
            return None
        if not all(self._rows[number].readable for number in keep + drop):
            return None
        self.decide(dict.fromkeys(keep, True) | dict.fromkeys(drop, False))
        return self._changes(keep + drop)

    def _on_undo(self, _: Any) -> dict[str, object]:
        return self._changes(self.undo())

    def _on_done(self, said: Any) -> dict[str, object] | None:
        """`{"seen": [numbers]}`."""
        seen = self._said(said, "seen")
        if seen is None:
            return None
        settled = self.settle(seen)
        return {"decided": len(self._decided()), "settled": settled}

    def _said(self, said: Any, what: str) -> list[int] | None:
        """A list of numbers of rows out of a request; None if it is none."""
        numbers = said.get(what, []) if isinstance(said, dict) else None
        if not isinstance(numbers, list):
            return None
        fits = all(type(n) is int and 0 <= n < len(self._rows) for n in numbers)
        return numbers if fits else None


def _by_hand(decision: Decision, keep: bool) -> None:
    decision.verdict = "keep" if keep else "reject"
    decision.reason = KEPT_BY_HAND if keep else DROPPED_BY_HAND
    decision.detail = decision.twin = ""


def _as_before(decision: Decision, before: Decision) -> None:
    decision.verdict, decision.reason = before.verdict, before.reason
    decision.detail, decision.twin = before.detail, before.twin
