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

from impasto.core.interrupts import held_back, let_through
from impasto.errors import ImpastoError

Item = TypeVar("Item")
Result = TypeVar("Result")

_WORTH_PROCESSES = 256
"""Below this many items threads are used: starting a process takes a third of a second."""


def cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


_LENT: ContextVar[tuple[Executor, int] | None] = ContextVar("_LENT", default=None)


@contextmanager
def working_on(executor: Executor, slots: int) -> Iterator[None]:
    """Within this context `map_in_order` uses `executor` instead of this machine's cores.

    Args:
        executor: any; the caller shuts it down. Functions and items must be picklable, and files
            must have the same paths on its machines.
        slots: how many items it processes at once.
    """
    token = _LENT.set((executor, max(1, slots)))
    try:
        yield
    finally:
        _LENT.reset(token)


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], count: int, ahead: int = 8
) -> Iterator[Result]:
    """Apply a picklable `function` to all `items`; yield results in order.

    At most `ahead` results per core are in flight, so memory does not grow with `count`.

    Args:
        function: a module-level function, or a `functools.partial` of one.
        items: the input; drawn lazily.
        count: approximate number of items, to choose between threads and processes.
        ahead: results per core that may wait for the caller.

    Raises:
        ImpastoError: a worker process was killed, most often because memory ran out.
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
    return ProcessPoolExecutor(cores(), mp_context=Workers(), initializer=belong_to_parent)


class _Worker(SpawnProcess):
    """A spawned process that does not import the user's script.

    It runs only our functions. Otherwise scripts would need `if __name__ == "__main__"`, and a
    script read from a pipe has no file to import.
    """

    @staticmethod
    def _Popen(process: BaseProcess) -> Any:  # noqa: N802 -- the name is given
        # The resource tracker, whose start would unblock Ctrl-C, runs: the executor's locks use it.
        with held_back(), _STARTING:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                return SpawnProcess._Popen(process)
            finally:
                sys.modules["__main__"] = main


_STARTING = threading.Lock()
"""Executors may start workers in threads of their own, and all need the true `__main__` back."""


class Workers(SpawnContext):
    """Spawned, not forked: forking a process whose threads (torch's) hold locks may hang."""

    Process = _Worker


def belong_to_parent() -> None:
    """Set up one of `Workers`: it leaves Ctrl-C to its parent and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    let_through()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the parent's end, even by `kill -9`, which closes a pipe that it holds."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # a worker has one
    parent.join()
    os._exit(1)
