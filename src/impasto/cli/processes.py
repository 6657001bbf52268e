"""Commands that run in several processes: `--processes`, or `torchrun`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from impasto.core import rank
from impasto.core.launch import enter, launch
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.core.helping import Jobs

Processes = Annotated[
    int,
    typer.Option(min=1, max=1024, help="Number of processes on this machine."),
]


def launch_processes(processes: int) -> None:
    """Start N copies of this command and exit with their status; a copy goes on.

    Raises:
        ImpastoError: `torchrun` has started another number.
    """
    if processes > 1 and not rank.launched():
        raise typer.Exit(launch(processes, sys.argv[1:]))
    if processes not in (1, rank.count()):
        raise ImpastoError(
            f"--processes {processes} beside torchrun, which has started {rank.count()}; leave "
            "--processes out."
        )
    enter()


@contextmanager
def as_one(helping: Callable[[], "Jobs"]) -> Iterator[None]:
    """Run the body in the leader; the other processes help it and exit when it is done.

    Args:
        helping: makes the jobs that the others can do.

    Raises:
        PartedError: a process has ended early.
    """
    if not rank.launched():
        yield
        return
    import torch

    from impasto.core.helping import help_leader, leading
    from impasto.core.together import RANKS

    RANKS.join(torch.device("cpu"))
    with RANKS.in_words():
        jobs = helping()
        if not RANKS.leads:
            help_leader(jobs)
            raise typer.Exit
        with leading(jobs):
            yield
