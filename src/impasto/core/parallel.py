"""Work on every file with all cores, in order, holding only a few results at a time."""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager
from contextvars import ContextVar
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any, TypeVar

from impasto.errors import ImpastoError

Item = TypeVar("Item")
Result = TypeVar("Result")

_WORTH_PROCESSES = 256
"""Fewer items than this are done by threads: starting a process costs a third of a second."""


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


_LENT: ContextVar[tuple[Executor, int] | None] = ContextVar("_LENT", default=None)


@contextmanager
def working_on(executor: Executor, slots: int) -> Iterator[None]:
    """Within it `map_in_order` works there, not on this machine's cores.

    Args:
        executor: any; whoever lends it ends it. Functions and items must be picklable for it, and
            files lie under the same paths wherever it works.
        slots: how many items it works on at once.
    """
    token = _LENT.set((executor, max(1, slots)))
    try:
        yield
    finally:
        _LENT.reset(token)


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], count: int, ahead: int = 8
) -> Iterator[Result]:
    """Apply a picklable `function` to all `items`, yielding results in the items' order.

    At most `ahead` results a core are in flight, so memory does not grow with `count`.

    Args:
        function: a module-level function, or a `functools.partial` of one.
        items: what to work on; drawn lazily.
        count: about how many items there are, to choose between threads and processes.
        ahead: how far the cores may be ahead of whoever takes the results, and is busy at times.

    Raises:
        ImpastoError: a worker process was killed, most often for want of memory.
    """
    lent = _LENT.get()
    pool, slots = lent or (_pool(count), cores())
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= ahead * slots:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenExecutor as error:
        raise ImpastoError(
            "A worker process was killed, most often because memory ran out; "
            "close other programs and run the same command again."
        ) from error
    finally:
        for future in waiting:
            future.cancel()
        if lent is None:
            pool.shutdown(wait=True, cancel_futures=True)


def _pool(count: int) -> Executor:
    if count < _WORTH_PROCESSES or cores() == 1:
        return ThreadPoolExecutor(cores())
    return ProcessPoolExecutor(cores(), mp_context=_Workers(), initializer=_belong_to_parent)


class _Worker(SpawnProcess):
    """A process that does not run the user's script again, as spawned ones do.

    It works on our functions only; a script would have to guard its own work by
    `if __name__ == "__main__"`, and one that is read from a pipe has no file to run.
    """

    @staticmethod
    def _Popen(process: BaseProcess) -> Any:  # noqa: N802 -- the name is given
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return SpawnProcess._Popen(process)
        finally:
            sys.modules["__main__"] = main


class _Workers(SpawnContext):
    """Spawned, not forked: a fork of a process whose threads hold locks (torch's) may hang."""

    Process = _Worker


def _belong_to_parent() -> None:
    """Ctrl-C is the parent's to handle; a worker ends when its parent says so, or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the parent's end, `kill -9` included: a pipe that it holds is closed then."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # a worker has one
    parent.join()
    os._exit(1)
