"""The clock for time budgets; it stops while the process is suspended.

A sleeping laptop, `kill -STOP` or a frozen container must not use up a budget, but a slow step
must. A pause is therefore recognised by a missing heartbeat, not by a long step. Waiting for a
core that other programs occupy is not a pause; Linux reports such waits.
"""

import threading
import time
from contextlib import suppress
from pathlib import Path

BEAT = 0.1
"""Seconds between heartbeats."""

SILENCE = 1.0
"""Seconds without a heartbeat, CPU time or waiting for a core that count as a pause."""

IDLE = 0.25
"""CPU use below this share of a core counts as none: code that holds the GIL uses a whole one."""


def waited() -> float:
    """Seconds that this process's threads have waited for a core; 0 if unknown."""
    total = 0
    with suppress(OSError):
        for thread in Path("/proc/self/task").iterdir():
            with suppress(OSError, ValueError, IndexError):  # the thread has just ended
                total += int((thread / "schedstat").read_bytes().split()[1])
    return total / 1e9


class Clock:
    """Monotonic seconds without those in which the process was suspended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heart: threading.Thread | None = None
        self._paused = 0.0
        self._beaten_at = time.monotonic()
        self._busy = time.process_time() + waited()

    def now(self) -> float:
        """Seconds since an arbitrary moment. The first call starts the heartbeat."""
        # Threads do not survive a fork: the child needs its own heartbeat.
        if self._heart is None or not self._heart.is_alive():
            self._beaten_at, self._busy = time.monotonic(), time.process_time() + waited()
            self._heart = threading.Thread(target=self._keep_beating, name="clock", daemon=True)
            self._heart.start()
        return self._beat()

    def _keep_beating(self) -> None:
        while True:
            time.sleep(BEAT)
            self._beat()

    def _beat(self) -> float:
        """Also correct right after a pause that the heartbeat has not noticed yet."""
        with self._lock:
            now, busy = time.monotonic(), time.process_time() + waited()
            silent = now - self._beaten_at
            if silent > SILENCE and busy - self._busy < IDLE * silent:
                self._paused += silent - BEAT
            self._beaten_at, self._busy = now, busy
            return now - self._paused


now = Clock().now
"""The process's clock for all lengths and deadlines in seconds."""
