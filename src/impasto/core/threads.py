"""One thread or all of them: whichever is faster beside what else this machine does.

PyTorch cuts each operation into a part a core and waits for the slowest part. Where another
program holds one of the cores, each operation waits until that program's turn is over, and all
cores together may be thirty times slower than one alone.

So whoever works for long calls `THREADS.adjust()` between two pieces of work. Now and then that
times the same few small layers on one thread and on all. The work itself is never timed, since the
number of threads changes the last bits of a training (not those of pictures): on a quiet machine
it stays what it was, and a training there is repeated and resumed to the bit.
"""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.core.console import say

EVERY = 5.0
"""Seconds between two looks, at least."""

COST = 0.02
"""The share of the time that looking may take: where it takes long, it becomes rarer."""

DOUBT = 0.3
"""Seconds after which a change must prove right again: a moment's disturbance changes nothing."""

CLEARLY = 1.15
"""All threads come back when they are so many times as fast as one."""

ROUNDS = 8
"""One thread and all of them are timed in turn, at most so often."""

OBVIOUS = (0.25, 1.3)
"""Below the first no second round is needed, above the second no third: beside a plain loop, one
round of a few milliseconds may fall between two of that program's turns, and look fast."""


class Threads:
    """How many threads PyTorch works with: there is one such number in a process.

    Where the user has chosen it by OMP_NUM_THREADS, it stays so.
    """

    def __init__(
        self,
        most: int = 0,
        gain: Callable[[int], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = say,
    ) -> None:
        """Nothing is measured before the first look.

        Args:
            most: how many "all" are; if 0, as many as PyTorch uses at the first look.
            gain: how many times as fast so many threads are as one; `measured_gain` if not given.
            clock: seconds that never go backwards.
            wait: for so many seconds.
            tell: where the user is told.
        """
        self._gain, self._clock, self._wait, self._tell = gain or measured_gain, clock, wait, tell
        self._most = self._using = most
        self._due = -math.inf
        self._told = False

    def adjust(self, device: torch.device | str = "cpu") -> None:
        """Between two pieces of work: when it is time, measure, and use what is faster.

        Args:
            device: where the work is done; on a GPU the number of threads does not matter.
        """
        if torch.device(device).type != "cpu":
            return
        if torch.get_num_threads() != self._using:  # the first look, or a program has chosen
            self._most = self._using = torch.get_num_threads()
            self._due = -math.inf
        began = self._clock()
        if self._most == 1 or began < self._due or "OMP_NUM_THREADS" in os.environ:
            return
        if self._other_is_faster():
            self._wait(DOUBT)
            if self._other_is_faster():
                self._change()
        torch.set_num_threads(self._using)  # measuring has changed it
        now = self._clock()
        self._due = now + max(EVERY, (now - began) / COST)

    @contextmanager
    def used(self) -> Iterator[None]:
        """Within, as many threads as are faster now; after it, as many as before."""
        before = torch.get_num_threads()
        torch.set_num_threads(self._using)
        try:
            self.adjust()
            yield
        finally:
            torch.set_num_threads(before)

    def _other_is_faster(self) -> bool:
        gain = self._gain(self._most)
        return gain > CLEARLY if self._using == 1 else gain < 1

    def _change(self) -> None:
        self._using = self._most if self._using == 1 else 1
        if not self._told:
            self._tell("Another program is busy; using one core.")
        self._told = True


def measured_gain(most: int) -> float:
    """How many times as fast `most` threads are as one, now, in a few small layers.

    Takes hundredths of a second on a quiet machine and about a second on a busy one; leaves the
    number of threads changed, and PyTorch's random numbers as they were.
    """
    with torch.inference_mode(False), torch.enable_grad():
        x, weights = _layers()
        _timed(1, x, weights)  # the first pass prepares what later ones have
        one = all_of_them = 0.0
        for number in range(ROUNDS):
            alone, together = _timed(1, x, weights), _timed(most, x, weights)
            one, all_of_them = one + alone, all_of_them + together
            gain = one / all_of_them
            if gain < OBVIOUS[0] or (number and gain > OBVIOUS[1]):
                break
    return one / all_of_them


def _timed(threads: int, x: Tensor, weights: list[Tensor]) -> float:
    """Seconds there and back, as in a training: products, sums and what lies between."""
    torch.set_num_threads(threads)
    began = time.perf_counter()
    y = x
    for weight in weights:
        y = F.leaky_relu(F.conv2d(y, weight, padding=1), 0.2)
    torch.autograd.grad(y.square().mean(), weights)
    return time.perf_counter() - began


def _layers(batch: int = 8, channels: int = 32, side: int = 32) -> tuple[Tensor, list[Tensor]]:
    """Pictures (N, C, H, W) and layers' weights: parts about as small as in a training at 64²."""
    chance = torch.Generator().manual_seed(0)
    x = torch.randn(batch, channels, side, side, generator=chance)
    shape = (channels, channels, 3, 3)
    weights = [torch.randn(shape, generator=chance) / (3 * channels**0.5) for _ in range(2)]
    for weight in weights:
        weight.requires_grad_()
    return x.contiguous(memory_format=torch.channels_last), weights


THREADS = Threads()
"""Of this process."""
