"""Work on strangers' files in a process of its own, one piece at a time, which can be given up."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from impasto.core.parallel import Workers, belong_to_parent
from impasto.errors import ImpastoError

ENDING = 5.0
"""Seconds that are waited for a process that was told to end."""


class GivenUpError(Exception):
    """The work took longer than it may; its process was ended."""


class Helper:
    """A process that works for several threads in turn; it begins with the first piece of work."""

    def __init__(self, most: int) -> None:
        """Prepare for work.

        Args:
            most: pieces of work after which the process is replaced: what a codec lost is given
                back. (`max_tasks_per_child` of Python's own pools may hang: CPython gh-115634.)
        """
        self._most, self._done = most, 0
        self._pool: ProcessPoolExecutor | None = None
        self._turn = threading.Lock()
        """Held while the process works: the time of one piece of work counts from its own begin."""
        self._lock = threading.Lock()
        self._closed = False

    def work(self, function: Callable[..., Any], given: tuple[Any, ...], seconds: float) -> Any:
        """Do something in the process, and return what it found.

        Args:
            function: of a module.
            given: what it is given; a process is between.
            seconds: until it is given up, from when the process begins with it.

        Raises:
            GivenUpError: it took longer.
            BrokenProcessPool: the process ended in the middle of it.
            ImpastoError: the studio is being closed.
        """
        with self._turn:
            pool, future = self._begun(function, given)
            try:
                if not wait([future], seconds).done:
                    raise GivenUpError
                found = future.result()
            except (BrokenProcessPool, GivenUpError):
                self._drop(pool)
                raise
            self._done += 1
            if self._done >= self._most:
                self._retire(pool)
            return found

    def close(self) -> None:
        """End the process, also in the middle of work: it does not hear Ctrl-C."""
        with self._lock:
            self._closed, pool, self._pool = True, self._pool, None
        if pool is not None:
            _end(pool)

    def _begun(
        self, function: Callable[..., Any], given: tuple[Any, ...]
    ) -> tuple[ProcessPoolExecutor, "Future[Any]"]:
        with self._lock:
            for _ in range(2):
                if self._closed:
                    raise ImpastoError("The studio is being closed.")
                if self._pool is None:
                    self._pool, self._done = ProcessPoolExecutor(1, Workers(), belong_to_parent), 0
                pool = self._pool
                try:
                    return pool, pool.submit(function, *given)
                except BrokenProcessPool:  # its process was killed while it had nothing to do
                    self._pool = None
        raise BrokenProcessPool("no process stays alive")

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        _end(pool)

    def _retire(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.shutdown(wait=False)  # it has nothing to do any more, and ends by itself


def _end(pool: ProcessPoolExecutor) -> None:
    processes = list((pool._processes or {}).values())
    for process in processes:
        process.terminate()
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.join(ENDING)  # what it was writing can be removed then
