"""Several processes of one command on this machine, started by PyTorch's own launcher.

`torchrun` starts the same on many machines. Whoever is killed has all begin again, each from the
newest checkpoint; an end that is no accident (a sentence, Ctrl-C) is the end of all.
"""

import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from impasto.core import rank
from impasto.errors import PartedError

ENDED = "IMPASTO_ENDED"
"""Where a process of ours leaves its exit status: the launcher would start it again after any but
0."""

RESTARTS = 10
"""How often all begin again after an accident."""

LEADER = "0"
"""The leader's rank, and the name of its file in `ENDED`."""

PARTED = "parted"
"""The file by which the leader tells that it has said that another process is gone."""

PATIENCE = 5.0
"""Seconds in which a leader that ends tells why."""


def launch(count: int, arguments: Sequence[str]) -> int:
    """Run `impasto ARGUMENTS` in so many processes; the leader's exit status.

    Args:
        count: how many.
        arguments: of the command, without its name.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.getLogger("torch.distributed.elastic").setLevel(logging.ERROR)
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
        except SignalException as error:
            return 128 + int(error.sigval)
        told = Path(folder, LEADER)
        return int(told.read_text()) if told.exists() else 0


def enter() -> None:
    """Begin, perhaps again: what the leader told of its last end no longer counts."""
    folder = os.environ.get(ENDED)
    if folder and os.environ.get("RANK") == LEADER:
        for name in (LEADER, PARTED):
            Path(folder, name).unlink(missing_ok=True)


def speaks(status: int) -> bool:
    """Whether it is this process that says why it ends: the leader, or who finds it gone."""
    parted = status == PartedError.exit_status
    folder = os.environ.get(ENDED)
    if rank.leads():
        if parted and folder:
            Path(folder, PARTED).touch()
        return True
    return parted and rank.rank() == 1 and not _is_there(LEADER, PARTED)


def leave(status: int) -> int:
    """The status that a process is to end with: 0 where the launcher is told the true one.

    Whoever lost another process ends so that all begin again, unless the leader has just told why
    it ended.
    """
    folder, number = os.environ.get(ENDED), os.environ.get("RANK")
    if not folder or number is None:
        return status
    if status == PartedError.exit_status:
        return 0 if number != LEADER and _is_there(LEADER) else status
    if number == LEADER:
        Path(folder, LEADER).write_text(str(status))
    return 0


def _is_there(*names: str) -> bool:
    """Whether the leader tells one of these things, now or in a moment."""
    folder = os.environ.get(ENDED)
    until = time.monotonic() + PATIENCE
    while folder:
        if any(Path(folder, name).exists() for name in names):
            return True
        if time.monotonic() >= until:
            break
        time.sleep(0.1)
    return False
