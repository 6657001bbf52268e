"""Commands that several processes carry out as one: `--processes`, or `torchrun`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from impasto.core import rank
from impasto.core.launch import enter, launch

if TYPE_CHECKING:
    from impasto.core.helping import Jobs

Processes = Annotated[
    int,
    typer.Option(min=1, max=1024, help="Share the work among so many processes of this machine."),
]


def begin_with(processes: int) -> None:
    """Start so many of this same command, and end with them; nothing where they are started."""
    if processes > 1 and not rank.launched():
        raise typer.Exit(launch(processes, sys.argv[1:]))
    enter()


@contextmanager
def as_one(helping: Callable[[], "Jobs"]) -> Iterator[None]:
    """Within, one leads; the others help it instead, and end when it does.

    Args:
        helping: makes what they can do for it.

    Raises:
        PartedError: one is gone.
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
