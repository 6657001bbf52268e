"""What the others do while one of several processes leads: their share of its work.

Between two steps, and in commands such as `generate`, the leader works by itself: it judges, draws,
writes. Meanwhile the others listen (`help_leader`). A job has a name that all know. The leader
gives out its parts, one to each process, does one itself, and goes on with what became of them, in
order (`spread`). While it works without the others it tells them now and then that it is alive, so
that silence means that it hangs. Alone, a job is done part by part, and nothing else happens.
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
"""What the leader says at the end of its work: take the next step; or go back where it has gone."""

_ALIVE, _WORK = 3, 4

BEAT = min(10.0, PATIENCE.total_seconds() / 10)
"""Seconds between two signs that the leader is alive."""

Part = TypeVar("Part")
Result = TypeVar("Result")


class Job(StrEnum):
    """Names of the jobs that several packages share; the leader and its helpers agree on them."""

    SETTLE = "settle"
    """Measure BatchNorm's statistics of the averaged generator anew (`train/hooks.py`)."""

    BATCH = "batch"
    """Paint one batch (`generate/sampler.py`)."""

    LOOK = "look"
    """Compute features of some pictures (`metrics/features.py`)."""

    SUM = "sum"
    """Sum painted samples, for the pattern that they share (`models/flat_field.py`)."""

    PATTERN = "pattern"
    """Take over the pattern that the leader has measured (`train/flattening.py`)."""


Jobs = Mapping[str, Callable[[Any], Any]]
"""What can be done for the leader, by name: a part of a job → what becomes of it."""


@dataclass(frozen=True)
class _Failed:
    """What became of a part that could not be done."""

    error: Exception


class _Leader:
    """The leader's side of the wire."""

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
        """What becomes of up to as many parts as there are processes."""
        idle = RANKS.everyone - len(parts)
        with self._wire:
            self._check()
            _said(_WORK)
            _handed([*((job, (part,)) for part in parts), *[(job, ())] * idle])
            with _leading(None):  # what the work itself would give out, nobody is there for
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
                except RuntimeError as error:  # said by the leader itself, when it asks for others
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
    """Within, the leader works, and the others are in `help_leader` with the same jobs.

    Args:
        jobs: what they can do.
        then: what they hear at the end; after an exception, nothing.
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
    """Do what the leader gives out, until it says what comes then: `GO_ON` or `AGAIN`."""
    with RANKS.apart():
        while True:
            word = _said()
            if word in (GO_ON, AGAIN):
                return word
            if word == _WORK:
                job, part = _handed()
                _collected(_done(jobs[job], part))


def spread(job: str, work: Callable[[Part], Result], parts: Iterable[Part]) -> Iterator[Result]:
    """What becomes of each part, in their order; with others who know the job, each does some.

    Args:
        job: its name among the `Jobs` of whoever helps.
        work: what the leader does with a part.
        parts: taken as they are needed; they and what becomes of them can be pickled.

    Raises:
        Exception: what `work` raises, here or elsewhere.
    """
    if _leader is None or job not in _leader.jobs:
        yield from map(work, parts)
        return
    coming = iter(parts)
    while some := list(islice(coming, RANKS.everyone)):
        yield from _leader.give_out(job, work, some)


def do_together(job: str, work: Callable[[], None]) -> None:
    """Have all do a job at the same time, each its part, asking the others for theirs.

    Args:
        job: its name; whoever helps has `jointly(work)` under it.
        work: does this process's rows, and may ask the others for theirs.
    """
    helped = _leader is not None and job in _leader.jobs
    for _ in spread(job, jointly(work), [None] * (RANKS.everyone if helped else 1)):
        pass


def tell_all(job: str, what: Any) -> None:
    """Have each of the others do a job with the same thing, which the leader itself has done."""
    if _leader is not None and job in _leader.jobs:
        for _ in spread(job, lambda part: None, [what] * RANKS.everyone):
            pass


def jointly(work: Callable[[], None]) -> Callable[[None], None]:
    """The same as a job that all do at once."""

    def do(_: None) -> None:
        with RANKS.whole():
            work()

    return do


@contextmanager
def in_turn() -> Iterator[None]:
    """The leader goes first; the others follow when it is done, and find what it has made."""
    if RANKS.leads:
        with leading({}):
            yield
    else:
        help_leader({})
        yield


def _said(word: int = 0) -> int:
    """The leader's word."""
    told = torch.tensor([word])
    dist.broadcast(told, src=0)
    return int(told)


def _handed(given: list[tuple[str, tuple[Any, ...]]] | None = None) -> tuple[str, tuple[Any, ...]]:
    """The job and the part of it, if any, that the leader gives to each process."""
    found: list[Any] = [None]
    dist.scatter_object_list(found, given, src=0)
    job, part = found[0]
    return job, part


def _done(work: Callable[[Any], Any], part: tuple[Any, ...]) -> Any:
    """What becomes of a part; what went wrong is the leader's to say."""
    try:
        return work(*part) if part else None
    except Exception as error:  # whatever it is, the leader raises it
        return _Failed(error)


def _collected(own: Any) -> list[Any]:
    """What all have made, for the leader; nothing for the others."""
    found: list[Any] = [None] * RANKS.everyone
    dist.gather_object(own, found if dist.get_rank() == 0 else None, dst=0)
    return found
