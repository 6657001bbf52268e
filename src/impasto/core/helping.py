"""Work that the leader of several processes shares with the others.

Between steps, and in commands such as `generate`, the leader works alone: it judges, draws,
writes. Meanwhile the others listen (`help_leader`). Jobs have names that all processes know. The
leader hands out a job's parts, one to each process, does one itself, and gets the results in order
(`spread`). While it works without the others it sends them signs of life, so that silence means
that it hangs. A single process does all parts of a job itself.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from impasto.core.together import PATIENCE, RANKS

GO_ON, AGAIN = 1, 2
"""The leader's last message after its work: take the next step, or go back to its checkpoint."""

_ALIVE, _WORK = 3, 4

BEAT = min(10.0, PATIENCE.total_seconds() / 10)
"""Seconds between the leader's signs of life."""

Part = TypeVar("Part")
Result = TypeVar("Result")


class Job(StrEnum):
    """Names of jobs, by which the leader and its helpers refer to them."""

    SETTLE = "settle"
    """Remeasure BatchNorm's statistics of the averaged generator (`train/hooks.py`)."""

    BATCH = "batch"
    """Paint one batch (`generate/sampler.py`)."""

    LOOK = "look"
    """Compute features of some pictures (`metrics/features.py`)."""

    SUM = "sum"
    """Sum samples, to find the pattern that they share (`models/flat_field.py`)."""

    DISTANCE = "distance"
    """Note a distance that the leader has measured (`train/nearness.py`)."""

    PATTERN = "pattern"
    """Set the pattern that the leader has measured (`train/flattening.py`)."""


Jobs = Mapping[str, Callable[[Any], Any]]
"""Jobs that can be done for the leader: name → function from a part to its result."""


@dataclass(frozen=True)
class _Failed:
    """The result of a part that failed."""

    error: Exception


class _Leader:
    """The leader's side of the communication."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self._wire, self._over = threading.Lock(), threading.Event()
        self._lost: RuntimeError | None = None
        self._beats = threading.Thread(target=self._beat, daemon=True)

    def begin(self) -> None:
        self._beats.start()

    def end(self) -> None:
        self._over.set()
        self._beats.join(BEAT)

    def say(self, word: int) -> None:
        with self._wire:
            self._check()
            _said(word)

    def give_out(self, job: str, work: Callable[[Part], Result], parts: list[Part]) -> list[Result]:
        """Results of at most one part per process."""
        idle = RANKS.everyone - len(parts)
        with self._wire:
            self._check()
            _said(_WORK)
            _handed([*((job, (part,)) for part in parts), *[(job, ())] * idle])
            with _leading(None):  # no helper is free for jobs within a part
                own = work(parts[0])
            found = _collected(own)[: len(parts)]
        for each in found:
            if isinstance(each, _Failed):
                raise each.error
        return found

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            with self._wire:
                try:
                    if not self._over.is_set():
                        _said(_ALIVE)
                except RuntimeError as error:  # the leader reports it when it needs the others
                    self._lost = error
                    return

    def _check(self) -> None:
        if self._lost is not None:
            raise self._lost


_leader: _Leader | None = None


@contextmanager
def _leading(leader: _Leader | None) -> Iterator[None]:
    global _leader
    before, _leader = _leader, leader
    try:
        yield
    finally:
        _leader = before


@contextmanager
def leading(jobs: Jobs, then: int = GO_ON) -> Iterator[None]:
    """In this context the leader works, while the others are in `help_leader` with the same jobs.

    Args:
        jobs: what they can do.
        then: the message at the end; none is sent after an exception.
    """
    if RANKS.count == 1:
        yield
        return
    leader = _Leader(jobs)
    with RANKS.apart(), _leading(leader):
        leader.begin()
        try:
            yield
        finally:
            leader.end()
        leader.say(then)


def help_leader(jobs: Jobs) -> int:
    """Do the leader's jobs until its last message, which is returned: `GO_ON` or `AGAIN`."""
    with RANKS.apart():
        while True:
            word = _said()
            if word in (GO_ON, AGAIN):
                return word
            if word == _WORK:
                job, part = _handed()
                _collected(_done(jobs[job], part))


def spread(job: str, work: Callable[[Part], Result], parts: Iterable[Part]) -> Iterator[Result]:
    """Results of all parts in order; processes that know the job share the work.

    Args:
        job: its name among the helpers' `Jobs`.
        work: what the leader does with a part.
        parts: drawn lazily; parts and results must be picklable.

    Raises:
        Exception: whatever `work` raises, in any process.
    """
    if _leader is None or job not in _leader.jobs:
        yield from map(work, parts)
        return
    coming = iter(parts)
    while some := list(islice(coming, RANKS.everyone)):
        yield from _leader.give_out(job, work, some)


def do_together(job: str, work: Callable[[], None]) -> None:
    """Let all processes do a job at the same time, exchanging data with each other.

    Args:
        job: its name; helpers have `jointly(work)` under it.
        work: does this process's rows and may exchange data with the others. If they do not know
            the job, as at the start of a training, this process does all of it.
    """
    if _leader is None or job not in _leader.jobs:
        work()
        return
    for _ in spread(job, jointly(work), [None] * RANKS.everyone):
        pass


def tell_all(job: str, what: Any) -> None:
    """Let each helper do a job with the same argument; the leader has done it already."""
    if _leader is not None and job in _leader.jobs:
        for _ in spread(job, lambda part: None, [what] * RANKS.everyone):
            pass


def jointly(work: Callable[[], None]) -> Callable[[None], None]:
    """The same work as a job for `do_together`."""

    def do(_: None) -> None:
        with RANKS.whole():
            work()

    return do


@contextmanager
def in_turn(jobs: Jobs | None = None) -> Iterator[None]:
    """Run the body in the leader first, then in the others, which find its results.

    Args:
        jobs: what the others can do meanwhile, above all to be told something (`tell_all`).
    """
    if RANKS.leads:
        with leading(jobs or {}):
            yield
    else:
        help_leader(jobs or {})
        yield


def _said(word: int = 0) -> int:
    """The leader's message."""
    told = torch.tensor([word])
    dist.broadcast(told, src=0)
    return int(told)


def _handed(given: list[tuple[str, tuple[Any, ...]]] | None = None) -> tuple[str, tuple[Any, ...]]:
    """The job and this process's part of it, if any."""
    found: list[Any] = [None]
    dist.scatter_object_list(found, given, src=0)
    job, part = found[0]
    return job, part


def _done(work: Callable[[Any], Any], part: tuple[Any, ...]) -> Any:
    """The result of a part; errors are returned for the leader to raise."""
    try:
        return work(*part) if part else None
    except Exception as error:  # the leader raises it
        return _Failed(error)


def _collected(own: Any) -> list[Any]:
    """The results of all processes, by rank, in the leader; nothing useful in the others."""
    found: list[Any] = [None] * RANKS.everyone
    dist.gather_object(own, found if dist.get_rank() == 0 else None, dst=0)
    return found
