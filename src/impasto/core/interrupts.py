"""Ctrl-C at moments when it cannot be taken at once.

A terminal sends it to every process of a command. A child that gets it while Python loads dies in
a traceback, so children start with the signal blocked, and unblock it when they are ready. Work
that would be lost half written notes it and ends where it can.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

TWICE = 1.0
"""Seconds within which a second press is a slip of the finger."""


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


@contextmanager
def noted(tell: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Within this context the first Ctrl-C is noted; a later one interrupts as it did before.

    Off the main thread, which Ctrl-C never interrupts, and where it is ignored nothing is noted.

    Args:
        tell: called when it is noted.

    Yields:
        Whether it was pressed, to be asked wherever the work can end.
    """
    handler = signal.getsignal(signal.SIGINT)
    pressed: list[float] = []

    def note(number: int, frame: FrameType | None) -> None:
        pressed.append(time.monotonic())
        if len(pressed) == 1:
            tell()
        elif pressed[-1] - pressed[-2] > TWICE and callable(handler):
            handler(number, frame)

    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, handler)
