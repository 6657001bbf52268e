"""Progress for programs: with `--progress json`, standard error is one JSON object a line.

| event | what it says |
|---|---|
| `said` | `text`: what a person would have read |
| `progress` | `what` is done, `done` of `total` (`unit`), `eta` in seconds where known |
| `training` | `share`, `images`, `speed` (images/s), `eta`, and the step's `numbers` |
| `preview` | `file`: a picture of the work as it stands was written |
| `error` | `text`: why it ended |

Each has `at`, seconds since 1970. Lines that are no JSON are other libraries' remarks.
"""

import json
import math
import os
import time
from contextlib import suppress
from typing import Any

from impasto.core import clock, rank

OFTEN = 0.25
"""Seconds between two events of the same kind of work."""

_told = False


def tell_as_json(wanted: bool = True) -> None:
    """From now on, tell a program instead of a person."""
    global _told
    _told = wanted and rank.leads()


def are_told() -> bool:
    """Whether events are written."""
    return _told


def tell(event: str, **values: Any) -> None:
    """Write one event, if they are wanted; that nobody reads it is no reason to end."""
    if _told:
        row = {"event": event, "at": round(time.time(), 3), **values}
        line = json.dumps(_finite(row)) + "\n"
        with suppress(OSError):
            os.write(2, line.encode())  # in one piece, whatever else is written there


def _finite(value: Any) -> Any:
    """JSON knows neither infinity nor "not a number": they are null."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Pace:
    """Whether it is time for another event of some work: not more often than a reader can use."""

    def __init__(self) -> None:
        self._last = -math.inf

    def due(self, last: bool = False) -> bool:
        """Whether to tell now; the last piece of a work is always told."""
        if not _told or (not last and clock.now() - self._last < OFTEN):
            return False
        self._last = clock.now()
        return True
