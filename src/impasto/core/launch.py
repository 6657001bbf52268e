"""Several processes of one command on this machine, started by PyTorch's own launcher.

`torchrun` does the same on many machines. If a process is killed, all restart from the newest
checkpoint. A regular end (an error message, Ctrl-C) ends all of them.
"""

import logging
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from impasto.core import rank
from impasto.errors import PartedError

ENDED = "IMPASTO_ENDED"
"""Where a process leaves its exit status: the launcher would restart it after any other than 0."""

RESTARTS = 10
"""How often all restart after a process was killed."""

LEADER = "0"
"""The leader's rank, and the name of its file in the folder `ENDED`."""

PARTED = "parted"
"""The file that shows that the leader has reported the loss of another process."""

PATIENCE = 5.0
"""Seconds within which an ending leader gives its reason."""


def launch(count: int, arguments: Sequence[str]) -> int:
    """Run `impasto ARGUMENTS` in several processes; return the leader's exit status.

    Args:
        count: number of processes.
        arguments: the command's arguments, without `impasto`.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.disable(logging.ERROR)  # its reports; the processes have said what a user needs
    share = max(1, (os.cpu_count() or 1) // count)
    os.environ.setdefault("OMP_NUM_THREADS", str(share))
    with tempfile.TemporaryDirectory() as folder:
        os.environ[ENDED] = folder
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=count,
            run_id=f"impasto-{os.getpid()}",
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            max_restarts=RESTARTS,
            monitor_interval=0.5,
        )
        command = ["-m", "impasto", *arguments]
        try:
            elastic_launch(config, sys.executable)(*command)
        except ChildFailedError as error:
            failed, failure = error.get_first_failure()
            sys.stderr.write(
                f"Process {failed} ended {RESTARTS + 1} times (status {failure.exitcode}); the "
                "same command goes on from the newest checkpoint.\n"
            )
            return 1
        except SignalException:
            return 130
        finally:
            del os.environ[ENDED]  # this process is none of those that report there
        told = Path(folder, LEADER)
        return int(told.read_text()) if told.exists() else 0


def enter() -> None:
    """At a start or restart, discard what the leader reported about its last end.

    From now on the process stops, as after Ctrl-C, when its launcher is killed: else it would go
    on unseen, and nobody would know what to stop.
    """
    folder = os.environ.get(ENDED)
    if folder and os.environ.get("RANK") == LEADER:
        for name in (LEADER, PARTED):
            Path(folder, name).unlink(missing_ok=True)
    if rank.launched():
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(launcher: int) -> None:
    while os.getppid() == launcher:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def speaks(status: int) -> bool:
    """Whether this process reports why it ends: the leader, or a process that has lost it."""
    parted = status == PartedError.exit_status
    folder = os.environ.get(ENDED)
    if rank.leads():
        if parted and folder:
            Path(folder, PARTED).touch()
        return True
    return parted and rank.rank() == 1 and not _is_there(LEADER, PARTED)


def leave(status: int) -> int:
    """The status to exit with: 0 if the true status was left for the launcher.

    A process that has lost another one exits so that all restart, unless the leader has just
    reported why it ended.
    """
    folder, number = os.environ.get(ENDED), os.environ.get("RANK")
    if not folder or number is None:
        return status
    if status == PartedError.exit_status:
        return 0 if number != LEADER and _is_there(LEADER) else status
    if number == LEADER:
        from impasto.core.files import write_text  # pydantic comes with it: not for --help

        write_text(Path(folder, LEADER), str(status))
    return 0


def _is_there(*names: str) -> bool:
    """Whether the leader reports one of these within a moment."""
    folder = os.environ.get(ENDED)
    until = time.monotonic() + PATIENCE
    while folder:
        if any(Path(folder, name).exists() for name in names):
            return True
        if time.monotonic() >= until:
            break
        time.sleep(0.1)
    return False
