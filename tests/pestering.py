"""Ctrl-C for worker processes from their first moment on, whatever Python does just then."""

import multiprocessing.util
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest


@contextmanager
def pestered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within this context spawned workers get Ctrl-C again and again from their first moment on."""
    spawn, over = multiprocessing.util.spawnv_passfds, threading.Event()

    def pester(child: int) -> None:
        with suppress(ProcessLookupError):
            while not over.is_set():
                os.kill(child, signal.SIGINT)
                time.sleep(0.01)

    def spawned(*given: object) -> int:
        child = spawn(*given)
        os.kill(child, signal.SIGINT)
        threading.Thread(target=pester, args=(child,)).start()
        return child

    monkeypatch.setattr(multiprocessing.util, "spawnv_passfds", spawned)
    try:
        yield
    finally:
        over.set()
