"""The inside of a job's process: it holds a lock while it lives and leaves word how it ended."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from impasto.core.files import write_json

INTERRUPTED = 130


def run(place: str, command: Callable[[], None]) -> None:
    """Run a command as the job of a folder; leaves Python with its exit status.

    Args:
        place: the job's folder.
        command: reads `sys.argv`, as from a terminal.
    """
    folder = Path(place)
    lock = FileLock(folder / ".lock")
    lock.acquire(timeout=5)  # the studio looks at it now and then
    # A shell that started the studio in the background may have told it to ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(os, "nice"):
        os.nice(5)  # the browser and the studio stay quick

    def unless_cancelled() -> None:
        write_json(folder / "started.json", {"process": os.getpid(), "at": time.time()})
        if (folder / "cancelled").exists():  # while Python was loaded: nobody to be told yet
            raise KeyboardInterrupt
        command()

    status = _status_of(unless_cancelled)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is over; what comes of it is written down
    write_json(folder / "ended.json", {"status": status, "at": time.time()})
    lock.release()
    sys.stdout.flush()
    sys.exit(status)


def _status_of(command: Callable[[], None]) -> int:
    try:
        command()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException:  # a crash: its traceback is kept in the job's log
        traceback.print_exc()
        return 1
    return 0
