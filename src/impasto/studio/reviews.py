"""Reviews of sets that pages look at. What they are made of is loaded when the first one is."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.core.files import state_of
from impasto.studio.workspace import Item

if TYPE_CHECKING:
    from impasto.prepare.reviewer import Reviewer

MOST_OPEN = 4
"""Reviews that are kept in memory, with what can be undone; of others the decisions stay."""


class Reviews:
    """The review of each set that a page looks at; begun anew when the set was cleaned again.

    Used from several threads: two tabs on one set share one review.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[Path, tuple[object, Reviewer]] = {}

    def of(self, item: Item) -> "Reviewer":
        """The review of a set.

        Raises:
            ImpastoError: the set has none, or a damaged one.
        """
        from impasto.prepare.doubtful import read_review
        from impasto.prepare.reviewer import Reviewer
        from impasto.prepare.store import alone
        from impasto.studio.sets import review_file

        state = state_of(review_file(item.path))
        with self._lock:
            known = self._open.pop(item.path, None)
            if known is None or known[0] != state:
                known = state, Reviewer(item.path, read_review(item.path), alone)
            self._open[item.path] = known
            while len(self._open) > MOST_OPEN:
                del self._open[next(iter(self._open))]
            return known[1]
