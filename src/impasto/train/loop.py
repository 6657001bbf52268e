"""The one training loop: take a batch, do a step, count, call the hooks that are due."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from impasto.core import clock
from impasto.core.helping import AGAIN, Jobs, help_leader, leading
from impasto.core.threads import THREADS
from impasto.core.together import RANKS
from impasto.data.loader import BatchSource
from impasto.train.state import State, Step, Tally

Stats = dict[str, float]
"""Means of a step's statistics, by name."""


class NotFiniteError(Exception):
    """A number of the step is NaN or infinite: the training cannot continue."""


class GoneBack(Exception):  # noqa: N818 — not an error: the way out of the loop
    """The leader has gone back to an earlier checkpoint; the other processes must follow."""


@dataclass(frozen=True)
class Length:
    """Length of a training in images or seconds; with both, the one reached first ends it."""

    images: int | None = None
    seconds: float | None = None

    def share(self, state: State) -> float:
        """How much of it is done: 0 at the start, 1 at the end."""
        shares = [0.0]
        if self.images is not None:
            shares.append(state.images / self.images)
        if self.seconds is not None:
            shares.append(state.seconds / self.seconds)
        return min(max(shares), 1.0)


@dataclass
class Hook:
    """A function that the loop calls at intervals of images or seconds, and again at the end.

    `run` gets the state and the mean of each number since this hook last ran. The last step alone
    would not do: with several discriminator steps per generator step, it lacks half the numbers.
    """

    run: Callable[[State, Stats], None]
    every_images: int | None = None
    every_seconds: float | None = None
    only_at_end: bool = False
    """Run only when the length is reached; not after an early stop."""
    first: float | None = None
    """Seconds until the first run, if not `every_seconds`."""
    thinning: float = 0.0
    """Minimum interval between runs as a share of the training so far, so that long trainings do
    not write ever more."""
    slow: bool = False
    """Not counted as training time, and skipped once the user has asked to stop."""
    max_time_fraction: float = 1.0
    """Largest fraction of training time this hook may use."""
    persist_as: str = ""
    """Save its running means in checkpoints under this name."""
    skip_if_stopped: bool = False
    """Do not run at the end if the training was stopped early: a resumed run then reports a full
    interval."""
    spent: float = 0.0
    """Seconds spent in it so far."""
    saw: int | None = None
    """Images shown when it last ran."""
    _tally: Tally = field(default_factory=Tally)
    _ran_at: float | None = None

    def go_on(self, state: State) -> None:
        """Start its interval; share its sums with the state, which saves and restores them."""
        self._ran_at = clock.now()
        if self.persist_as:
            self._tally = state.tallies.setdefault(self.persist_as, self._tally)

    def add(self, stats: Mapping[str, Tensor]) -> None:
        """Add a step's stats without waiting for the device."""
        self._tally.add(stats)

    def is_due(self, state: State, batch: int) -> bool:
        """Whether the last step completed its interval."""
        if self.only_at_end:
            return False
        if self.spent > self.max_time_fraction * state.seconds:
            return False
        if (every := self.every_images) is not None:
            return state.images // every > (state.images - batch) // every
        if self.every_seconds is None or self._ran_at is None:
            return False
        wait = self.every_seconds if self.first is None or self.saw is not None else self.first
        return clock.now() - self._ran_at >= max(wait, self.thinning * state.seconds)

    def fire(self, state: State) -> float:
        """Run with the means so far and reset them; return the seconds it took."""
        began = clock.now()
        self.run(state, self._tally.take())
        self._ran_at, self.saw = clock.now(), state.images
        self.spent += self._ran_at - began
        return self._ran_at - began

    def was_interrupted(self, state: State, batch: int) -> bool:
        """Whether it was due when the checkpoint was saved but did not run."""
        return self.slow and state.images > 0 and self.is_due(state, batch)

    def has_seen(self, state: State) -> bool:
        """Whether it has already run at this number of images."""
        return self.saw == state.images


def train(
    state: State,
    step: Step,
    batches: BatchSource,
    hooks: Sequence[Hook],
    length: Length,
    stop: Callable[[], bool] = lambda: False,
    jobs: Jobs | None = None,
) -> None:
    """Train `state` in place until `length` is reached or `stop` says so.

    At the end, run all hooks that have not yet run at this number of images, in the order of the
    list, as later ones may build on earlier ones; after an early stop, skip those that are `slow`,
    `skip_if_stopped` or `only_at_end`. When resuming before the end, first run the slow hooks that
    were due when the checkpoint was saved but did not run. With several processes, only the leader
    has hooks; the others do `jobs` for it.

    Raises:
        NotFiniteError: a number became NaN or infinite; no hook has seen that step.
        GoneBack: in a follower, when the leader went back to an earlier checkpoint.
    """
    jobs = jobs or {}
    started = clock.now() - state.seconds
    # Reading a number makes the host wait for a GPU; on a CPU it is free, so check every step.
    check_every = 1 if state.device.type == "cpu" else 50
    stats: Mapping[str, Tensor] = {}
    for hook in hooks:
        hook.go_on(state)
    state.share = length.share(state)
    if not (ended := state.share >= 1):
        missed = [hook for hook in hooks if hook.was_interrupted(state, batches.batch)]
        started += _fire([hook for hook in missed if not hook.has_seen(state)], state, stop, jobs)
    together = RANKS.count > 1  # then all use the leader's clock and stop after the same step
    stopped = not together and stop()
    while not ended and not stopped:
        THREADS.adjust(state.device)
        stats = step(state, RANKS.rows(batches.tensor(state.images, state.device)))
        state.images += batches.batch
        state.steps += 1
        state.seconds = clock.now() - started
        state.share = length.share(state)
        due = [hook for hook in hooks if hook.is_due(state, batches.batch)]
        stats, state.seconds, stopped, any_due = RANKS.agreed(
            stats, state.seconds, together and stop(), bool(due)
        )
        state.share = length.share(state)
        # Only a step ends a training: hooks that have just run would miss the end if their own time
        # had ended it.
        ended = state.share >= 1
        for hook in hooks:
            hook.add(stats)
        if any_due or state.steps % check_every == 0:
            check_finite(stats)
        if any_due and not ended:
            started += _fire(due, state, stop, jobs)
        state.seconds = clock.now() - started
        if not together:
            state.share, stopped = length.share(state), stop()
    if stats:
        check_finite(stats)
    left = [hook for hook in hooks if not hook.has_seen(state)]
    if state.share < 1:  # stopped early
        left = [hook for hook in left if not (hook.skip_if_stopped or hook.only_at_end)]
    _fire(left, state, lambda: stopped or stop(), jobs)


def _fire(hooks: Sequence[Hook], state: State, stop: Callable[[], bool], jobs: Jobs) -> float:
    """Run hooks in turn, without slow ones once the user asked to stop; return the slow seconds.

    A follower has no hooks and helps the leader meanwhile.
    """
    if not RANKS.leads:
        if help_leader(jobs) == AGAIN:
            raise GoneBack
        return 0.0
    off = 0.0
    with leading(jobs):
        for hook in hooks:
            if not (hook.slow and stop()):
                took = hook.fire(state)
                off += took if hook.slow else 0.0
    return off


def check_finite(stats: Mapping[str, Tensor]) -> None:
    """Raise `NotFiniteError` naming the first number that is NaN or infinite."""
    if not torch.isfinite(torch.stack(list(stats.values()))).all():
        bad = next(name for name, value in stats.items() if not torch.isfinite(value))
        raise NotFiniteError(bad)
