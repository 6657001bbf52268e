"""Chooses between one thread and all, whichever is faster under the machine's current load.

PyTorch splits each operation into one part per core and waits for the slowest. If another program
occupies a core, each operation waits for that program's time slice, and all cores together may be
thirty times slower than one.

Long-running code therefore calls `THREADS.adjust()` between pieces of work, which at intervals
times the same few small layers on one thread and on all. The work itself is not timed. The number
of threads changes the last bits of a training (not of pictures); on a quiet machine it never
changes, so trainings there can be repeated and resumed to the bit.
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
"""Minimum seconds between measurements."""

COST = 0.02
"""Largest share of time for measuring; slow measurements are made less often."""

DOUBT = 0.3
"""Seconds after which a second measurement must confirm a change, to ignore brief disturbances."""

CLEARLY = 1.15
"""Return to all threads when they are this many times as fast as one."""

ROUNDS = 8
"""Most rounds in which one thread and all are timed in turn."""

OBVIOUS = (0.25, 1.3)
"""Gains below which one round is enough, and above which two are. Beside a busy program, one round
of a few milliseconds may fall between its time slices and look fast."""


class Threads:
    """The number of threads that PyTorch uses in this process.

    If the user has set OMP_NUM_THREADS, it is never changed.
    """

    def __init__(
        self,
        most: int = 0,
        gain: Callable[[int], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = say,
    ) -> None:
        """Measures nothing yet.

        Args:
            most: the number of "all" threads; 0: PyTorch's number at the first measurement.
            gain: measures the speed of that many threads relative to one; by default
                `measured_gain`.
            clock: monotonic seconds.
            wait: sleeps for some seconds.
            tell: prints a message.
        """
        self._gain, self._clock, self._wait, self._tell = gain or measured_gain, clock, wait, tell
        self._most = self._using = most
        self._due = -math.inf
        self._told = False

    def adjust(self, device: torch.device | str = "cpu") -> None:
        """Call between pieces of work: measure when it is time, and use the faster number.

        Args:
            device: the device of the work; on a GPU the number of threads does not matter.
        """
        if torch.device(device).type != "cpu":
            return
        if (
            torch.get_num_threads() != self._using
        ):  # the first measurement, or the program has changed it
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
        """Use the faster number of threads within this context, and the former one afterwards."""
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
    """The current speed of `most` threads relative to one, on a few small layers.

    Takes hundredths of a second on a quiet machine and about a second on a busy one; leaves the
    number of threads changed, and PyTorch's random numbers as they were.
    """
    with torch.inference_mode(False), torch.enable_grad():
        x, weights = _layers()
        _timed(1, x, weights)  # warm-up
        one = all_of_them = 0.0
        for number in range(ROUNDS):
            alone, together = _timed(1, x, weights), _timed(most, x, weights)
            one, all_of_them = one + alone, all_of_them + together
            gain = one / all_of_them
            if gain < OBVIOUS[0] or (number and gain > OBVIOUS[1]):
                break
    return one / all_of_them


def _timed(threads: int, x: Tensor, weights: list[Tensor]) -> float:
    """Seconds of a forward and backward pass, as in a training."""
    torch.set_num_threads(threads)
    began = time.perf_counter()
    y = x
    for weight in weights:
        y = F.leaky_relu(F.conv2d(y, weight, padding=1), 0.2)
    torch.autograd.grad(y.square().mean(), weights)
    return time.perf_counter() - began


def _layers(batch: int = 8, channels: int = 32, side: int = 32) -> tuple[Tensor, list[Tensor]]:
    """Pictures (N, C, H, W) and layers' weights, about as small as in a training at 64²."""
    chance = torch.Generator().manual_seed(0)
    x = torch.randn(batch, channels, side, side, generator=chance)
    shape = (channels, channels, 3, 3)
    weights = [torch.randn(shape, generator=chance) / (3 * channels**0.5) for _ in range(2)]
    for weight in weights:
        weight.requires_grad_()
    return x.contiguous(memory_format=torch.channels_last), weights


THREADS = Threads()
"""The setting of this process."""
