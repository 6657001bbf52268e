"""Progress for programs: with `--progress json`, standard error is one JSON object a line.

| event | what it says |
|---|---|
| `said` | `text`: a message for the user |
| `progress` | `what` is done, `done` of `total` (`unit`), `eta` in seconds where known |
| `training` | `share`, `images`, `speed` (images/s), `eta`, and the step's `numbers` |
| `preview` | `file`: a picture of the current state of the work |
| `error` | `text`: the error that ended it |

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
"""Minimum seconds between two events of the same work."""

_told = False


def tell_as_json(wanted: bool = True) -> None:
    """From now on, write events for a program."""
    global _told
    _told = wanted and rank.leads()


def are_told() -> bool:
    """Whether events are written."""
    return _told


def tell(event: str, **values: Any) -> None:
    """Write an event if events are on; never fails if nobody reads it."""
    if _told:
        row = {"event": event, "at": round(time.time(), 3), **values}
        line = json.dumps(_finite(row)) + "\n"
        with suppress(OSError):
            os.write(2, line.encode())  # in one write, so that other output cannot split it


def _finite(value: Any) -> Any:
    """Replace infinity and NaN, which JSON lacks, by null."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Pace:
    """Limits the rate of events of one kind of work."""

    def __init__(self) -> None:
        self._last = -math.inf

    def due(self, last: bool = False) -> bool:
        """Whether to write an event now; the last piece always gets one."""
        if not _told or (not last and clock.now() - self._last < OFTEN):
            return False
        self._last = clock.now()
        return True
