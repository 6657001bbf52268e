"""The clock of budgets: it stands still while the process does.

A laptop that sleeps, `kill -STOP` and a frozen container are nobody's minutes of work. A slow
step is, however slow: so a pause is not told by long steps but by a heartbeat that fell silent.
"""

import threading
import time

BEAT = 0.1
"""Seconds from one beat to the next."""

SILENCE = 1.0
"""Seconds without a beat, and without work of the processor, that make a pause."""

IDLE = 0.25
"""Work on less than this share of one core is none: what holds Python's lock works on a whole."""


class Clock:
    """Monotonic seconds, less those in which the process was suspended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heart: threading.Thread | None = None
        self._paused = 0.0
        self._beaten_at = time.monotonic()
        self._worked = time.process_time()

    def now(self) -> float:
        """Seconds since an arbitrary moment. The first call starts the heartbeat."""
        # A fork leaves threads behind: the child needs a heart of its own.
        if self._heart is None or not self._heart.is_alive():
            self._beaten_at, self._worked = time.monotonic(), time.process_time()
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
            now, worked = time.monotonic(), time.process_time()
            silent = now - self._beaten_at
            if silent > SILENCE and worked - self._worked < IDLE * silent:
                self._paused += silent - BEAT
            self._beaten_at, self._worked = now, worked
            return now - self._paused


now = Clock().now
"""The process's one clock, for everything that has a length or a deadline in seconds."""
