"""The one training loop: take a batch, step, count, and let whoever asked look."""

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
    """A number of the step is NaN or infinite: nothing after this can be trusted."""


class GoneBack(Exception):  # noqa: N818 — not an error: the way out of the loop
    """The leader has gone back to an earlier moment, and those who help it are to follow."""


@dataclass(frozen=True)
class Length:
    """How long to train: until so many images, or so many seconds; callers give one of the two.

    Given both, the first one reached ends the training.
    """

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
    """Somebody who looks on every so many images or seconds, and once at the end.

    `run` gets the state and the mean of each number since this hook last ran: with several
    discriminator steps to one of the generator, the last step alone would hide half of them.
    """

    run: Callable[[State, Stats], None]
    every_images: int | None = None
    every_seconds: float | None = None
    at_end: bool = False
    """Runs when the length is reached, before those that come after it in the list, and only then:
    not where somebody stopped it."""
    first: float | None = None
    """Seconds until it runs for the first time, if not as long as between two times."""
    thinning: float = 0.0
    """Between two times lies at least this share of the training so far: long ones stay small."""
    slow: bool = False
    """Off the training's clock, and left out when somebody asked it to stop: they are waiting."""
    max_time_fraction: float = 1.0
    """Largest fraction of training time this hook may use."""
    persist_as: str = ""
    """Its running means are saved in checkpoints under this name. When stopped early it does not
    fire, so that a resumed run reports full intervals."""
    spent: float = 0.0
    """Seconds that it has cost so far."""
    saw: int | None = None
    """Images shown when it last ran."""
    _tally: Tally = field(default_factory=Tally)
    _ran_at: float | None = None

    def go_on(self, state: State) -> None:
        """Share its sums with the state, which saves and restores them; its seconds begin."""
        self._ran_at = clock.now()
        if self.persist_as:
            self._tally = state.tallies.setdefault(self.persist_as, self._tally)

    def add(self, stats: Mapping[str, Tensor]) -> None:
        """Remember a step's stats, without waiting for the device."""
        self._tally.add(stats)

    def is_due(self, state: State, batch: int) -> bool:
        """Whether its number of images was just passed, or its seconds have gone by."""
        if self.at_end:
            return state.share >= 1
        if self.spent > self.max_time_fraction * state.seconds:
            return False
        if (every := self.every_images) is not None:
            return state.images // every > (state.images - batch) // every
        if self.every_seconds is None or self._ran_at is None:
            return False
        wait = self.every_seconds if self.first is None or self.saw is not None else self.first
        return clock.now() - self._ran_at >= max(wait, self.thinning * state.seconds)

    def fire(self, state: State) -> float:
        """Run with the means so far, and start anew; the seconds that it took."""
        began = clock.now()
        self.run(state, self._tally.take())
        self._ran_at, self.saw = clock.now(), state.images
        self.spent += self._ran_at - began
        return self._ran_at - began

    def is_owed(self, state: State, batch: int) -> bool:
        """Whether it was due at the very moment that was saved, and then something ended it."""
        return self.slow and state.images > 0 and self.is_due(state, batch)

    def has_seen(self, state: State) -> bool:
        """Whether it has already looked at this very moment."""
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

    At the end, fire the hooks that have not yet run at this moment; stopped early, skip slow ones
    and those with `persist_as` or `at_end`. Resumed, first fire the slow hooks that were due when
    the state was saved and that something interrupted. Of several processes the leader alone has
    hooks; the others help it with `jobs` meanwhile.

    Raises:
        NotFiniteError: a number became NaN or infinite; no hook has seen that step.
        GoneBack: the leader begins anew somewhere else; it itself knows why.
    """
    jobs = jobs or {}
    started = clock.now() - state.seconds
    # Reading a number makes a GPU wait; a CPU is done by then, so it is asked after every step.
    check_every = 1 if state.device.type == "cpu" else 50
    stats: Mapping[str, Tensor] = {}
    for hook in hooks:
        hook.go_on(state)
    state.share = length.share(state)
    owed = [hook for hook in hooks if hook.is_owed(state, batches.batch)]
    started += _fire([hook for hook in owed if not hook.has_seen(state)], state, stop, jobs)
    together = RANKS.count > 1  # then all go by the leader's clock, and stop after the same step
    stopped = not together and stop()
    while state.share < 1 and not stopped:
        THREADS.adjust(state.device)
        stats = step(state, RANKS.rows(batches.tensor(state.images, state.device)))
        state.images += batches.batch
        state.steps += 1
        state.seconds = clock.now() - started
        state.share = length.share(state)
        due = [hook for hook in hooks if hook.is_due(state, batches.batch)]
        stats, state.seconds, stopped, looked_at = RANKS.agreed(
            stats, state.seconds, together and stop(), bool(due)
        )
        state.share = length.share(state)
        for hook in hooks:
            hook.add(stats)
        if looked_at or state.steps % check_every == 0:
            check_finite(stats)
        if looked_at:
            started += _fire(due, state, stop, jobs)
        state.seconds = clock.now() - started
        if not together:
            state.share, stopped = length.share(state), stop()
    if stats:
        check_finite(stats)
    left = [hook for hook in hooks if not hook.has_seen(state)]
    only_then = [hook for hook in left if hook.persist_as or hook.at_end] if state.share < 1 else []
    last = [hook for hook in left if hook not in only_then]
    _fire(last, state, lambda: stopped or stop(), jobs)


def _fire(hooks: Sequence[Hook], state: State, stop: Callable[[], bool], jobs: Jobs) -> float:
    """Fire them in turn, but no slow one once somebody asked to stop; seconds off the clock.

    Whoever does not lead has none, and helps the one who does.
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
