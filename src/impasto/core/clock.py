"""The clock of budgets: it stands still while the process does.

A laptop that sleeps, `kill -STOP` and a frozen container are nobody's minutes of work. A slow
step is, however slow: so a pause is not told by long steps but by a heartbeat that fell silent.
Nor is it a pause when other programs leave this one no core: it waits for its turn, which Linux
tells.
"""

import threading
import time
from contextlib import suppress
from pathlib import Path

BEAT = 0.1
"""Seconds from one beat to the next."""

SILENCE = 1.0
"""Seconds without a beat, and without work of the processor or a wait for it, that make a pause."""

IDLE = 0.25
"""Work on less than this share of one core is none: what holds Python's lock works on a whole."""


def waited() -> float:
    """Seconds that this process's threads have waited for a core; 0 where nobody tells."""
    total = 0
    with suppress(OSError):
        for thread in Path("/proc/self/task").iterdir():
            with suppress(OSError, ValueError, IndexError):  # it has just ended
                total += int((thread / "schedstat").read_bytes().split()[1])
    return total / 1e9


class Clock:
    """Monotonic seconds, less those in which the process was suspended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heart: threading.Thread | None = None
        self._paused = 0.0
        self._beaten_at = time.monotonic()
        self._busy = time.process_time() + waited()

    def now(self) -> float:
        """Seconds since an arbitrary moment. The first call starts the heartbeat."""
        # A fork leaves threads behind: the child needs a heart of its own.
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
        """Asked right after a pause, before the heart has noticed it, the answer is right too."""
        with self._lock:
            now, busy = time.monotonic(), time.process_time() + waited()
            silent = now - self._beaten_at
            if silent > SILENCE and busy - self._busy < IDLE * silent:
                self._paused += silent - BEAT
            self._beaten_at, self._busy = now, busy
            return now - self._paused


now = Clock().now
"""The process's one clock, for everything that has a length or a deadline in seconds."""
