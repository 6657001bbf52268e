"""Waiting: between requests to one host, and before trying again."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 300.0
"""Seconds; whoever asks for more patience is left in peace until the next run."""


class Pace:
    """At most so many requests a second to each host, and fewer once it complains.

    Args:
        rate: requests a second.
        clock: seconds that only grow; a test brings its own.
        sleep: waits for seconds; a test brings its own.
    """

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / rate
        self._clock = clock
        self._sleep = sleep
        self._intervals: dict[str, float] = {}
        self._next: dict[str, float] = {}

    def wait(self, host: str) -> None:
        """Return when the next request to `host` may start."""
        now = self._clock()
        start = max(now, self._next.get(host, now))
        if start > now:
            self._sleep(start - now)
        self._next[host] = start + self._intervals.get(host, self._interval)

    def slow_down(self, host: str) -> None:
        """The host complained: keep twice the distance from now on."""
        self.at_least(host, 2 * self._intervals.get(host, self._interval))

    def at_least(self, host: str, seconds: float) -> None:
        """The host asks for a distance between requests (`Crawl-delay`); a minute at most."""
        now = self._intervals.get(host, self._interval)
        self._intervals[host] = max(now, min(60.0, seconds))

    def pause(self, seconds: float) -> None:
        """Wait before a new attempt."""
        self._sleep(seconds)


def back_off(attempt: int, first: float = 2.0, most: float = 120.0) -> float:
    """Seconds before attempt number `attempt + 1`: doubling, and half of it left to chance.

    Chance keeps a thousand clients that failed together from coming back together.
    """
    return min(most, first * 2.0**attempt) * random.uniform(0.5, 1.0)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """The seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3), or None.

    It holds either seconds or a date.
    """
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
