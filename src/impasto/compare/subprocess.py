"""An `impasto` command as a process of its own: its cost is told, its crash is nobody else's."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from impasto.core.interrupts import held_back
from impasto.errors import ImpastoError

STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Ctrl-C, a cluster's end of time, a terminal that is closed (which Windows lacks)."""

_CHILD = """
import sys
from impasto.compare.subprocess import stop_with_parent
stop_with_parent(int(sys.argv.pop(1)))
from impasto.cli import main
main()
"""


@dataclass(frozen=True)
class Ending:
    """How a process ended, and what it took."""

    status: int
    """0 is well; -n is death by signal n."""

    stopped: bool
    """Whether somebody asked for its end."""

    processor_seconds: float

    memory: float
    """GiB at the peak."""


def run_child(arguments: Sequence[str]) -> Ending:
    """Run `impasto ARGUMENTS` to its end.

    Whoever stops this process stops the child, which may save first: each signal reaches it once,
    be it from a terminal, from `kill` or from a cluster.

    Raises:
        ImpastoError: on Windows, which has neither these signals nor a child's cost.
    """
    if sys.platform == "win32":
        raise ImpastoError(
            "impasto compare runs on Linux and macOS only; on Windows use `impasto train --recipe` "
            "for each recipe, then `impasto evaluate` for each run."
        )
    asked: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _: FrameType | None) -> None:
        asked.append(number)
        if child is not None:
            _signal(child.pid, number)

    previous = {number: signal.signal(number, pass_on) for number in STOPPING}
    theirs, ours = os.pipe()
    try:
        # In a group of its own, or a terminal's Ctrl-C would reach it a second time.
        command = [sys.executable, "-c", _CHILD, str(theirs), *arguments]
        with held_back():  # it takes Ctrl-C when the command does, not while Python loads
            child = subprocess.Popen(  # noqa: S603 (no shell)
                command, process_group=0, pass_fds=(theirs,)
            )
            if asked:  # while it was being made
                _signal(child.pid, asked[-1])
        _, status, usage = os.wait4(child.pid, 0)
    finally:
        os.close(theirs)
        os.close(ours)
        for number, handler in previous.items():
            signal.signal(number, handler)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = usage.ru_utime + usage.ru_stime
    unit = 2**30 if sys.platform == "darwin" else 2**20  # bytes there, KiB on Linux
    return Ending(child.returncode, bool(asked), seconds, usage.ru_maxrss / unit)


def stop_with_parent(pipe: int) -> None:
    """Save and end, as on SIGTERM, once whoever holds the other end of a pipe is gone."""

    def wait() -> None:
        os.read(pipe, 1)  # nothing is ever written: it returns when the other end is closed
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _signal(process: int, number: int) -> None:
    """Not by `Popen`, which might reap the child that `wait4` shall tell the cost of."""
    with suppress(ProcessLookupError):  # it ended by itself just now
        os.kill(process, _as_child_knows(number))


def _as_child_knows(number: int) -> int:
    return signal.SIGINT if number == signal.SIGINT else signal.SIGTERM
