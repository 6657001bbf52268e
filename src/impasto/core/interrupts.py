"""Ctrl-C while a child process starts: Python cannot take it before it is up.

A terminal sends it to every process of a command. A child that gets it while Python loads dies in
a traceback, so children start with the signal blocked, and unblock it when they are ready.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back() -> Iterator[None]:
    """Within this context Ctrl-C waits, and it waits in a child started here until `let_through`.

    What arrives meanwhile is handled at the end. Windows cannot block a signal: there only this
    process waits.
    """
    handler = signal.getsignal(signal.SIGINT)
    held: list[int] = []
    # The handler as well: a thread that does not block the signal takes it, for the main thread.
    swapped = callable(handler) and threading.current_thread() is threading.main_thread()
    if swapped:
        signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    try:
        if hasattr(signal, "pthread_sigmask"):
            before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            yield
        finally:
            if hasattr(signal, "pthread_sigmask"):
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
    finally:
        if swapped:
            signal.signal(signal.SIGINT, handler)
    if held:
        signal.raise_signal(signal.SIGINT)


def let_through() -> None:
    """Take Ctrl-C from now on, also one that waits; in a child started in `held_back`."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
