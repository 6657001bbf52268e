"""The one training loop: take a batch, step, count, and let whoever asked look."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from impasto.data.loader import Source
from impasto.train.state import State, Step

Numbers = dict[str, float]


class NotFiniteError(Exception):
    """A number of the step is NaN or infinite: nothing after this can be trusted."""


@dataclass(frozen=True)
class Length:
    """How long to train: until so many images, or so many seconds, whichever comes first."""

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

    run: Callable[[State, Numbers], None]
    images: int | None = None
    seconds: float | None = None
    slow: bool = False
    """Off the training's clock, and left out when somebody asked it to stop: they are waiting."""
    share: float = 1.0
    """Not before what it has cost is this share of the time: a slow one becomes rare."""
    _spent: float = 0.0
    _sums: dict[str, Tensor] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _ran_at: float | None = None
    _saw: int | None = None

    def add(self, numbers: Mapping[str, Tensor]) -> None:
        """Remember a step's numbers, without waiting for the device."""
        for name, value in numbers.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
            self._counts[name] = self._counts.get(name, 0) + 1

    def is_due(self, state: State, batch: int) -> bool:
        """Whether its number of images was just passed, or its seconds have gone by."""
        if self.images is not None:
            passed = state.images // self.images > (state.images - batch) // self.images
            return passed and self._spent <= self.share * state.seconds
        if self._ran_at is None:
            self._ran_at = time.monotonic()
        return self.seconds is not None and time.monotonic() - self._ran_at >= self.seconds

    def fire(self, state: State) -> float:
        """Run with the means so far, and start anew; the seconds that it took."""
        began = time.monotonic()
        means = {name: (value / self._counts[name]).item() for name, value in self._sums.items()}
        self._sums, self._counts = {}, {}
        self.run(state, means)
        self._ran_at, self._saw = time.monotonic(), state.images
        self._spent += self._ran_at - began
        return self._ran_at - began

    def has_seen(self, state: State) -> bool:
        """Whether it has already looked at this very moment."""
        return self._saw == state.images


def train(
    state: State,
    step: Step,
    batches: Source,
    hooks: Sequence[Hook],
    length: Length,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Train `state` in place until `length` is reached or `stop` says so; then fire every hook.

    Stopped, it fires only those that are not slow.

    Raises:
        NotFiniteError: a number became NaN or infinite; no hook has seen that step.
    """
    started = time.monotonic() - state.seconds
    # Reading a number makes a GPU wait; a CPU is done by then, so it is asked after every step.
    check_every = 1 if state.device.type == "cpu" else 50
    numbers: Mapping[str, Tensor] = {}
    while (share := length.share(state)) < 1 and not stop():
        state.share = share
        numbers = step(state, batches.tensor(state.images, state.device))
        state.images += batches.batch
        state.steps += 1
        state.seconds = time.monotonic() - started
        for hook in hooks:
            hook.add(numbers)
        due = [hook for hook in hooks if hook.is_due(state, batches.batch)]
        if due or state.steps % check_every == 0:
            check_finite(numbers)
        for hook in due:
            took = hook.fire(state)
            started += took if hook.slow else 0.0
        state.seconds = time.monotonic() - started
    if numbers:
        check_finite(numbers)
    for hook in hooks:
        if not hook.has_seen(state) and not (hook.slow and stop()):
            hook.fire(state)


def check_finite(numbers: Mapping[str, Tensor]) -> None:
    """Raise `NotFiniteError` naming the first number that is NaN or infinite."""
    if not torch.isfinite(torch.stack(list(numbers.values()))).all():
        bad = next(name for name, value in numbers.items() if not torch.isfinite(value))
        raise NotFiniteError(bad)
