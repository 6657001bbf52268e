"""The steps of an enlargement, from coarse to fine."""

import math
from dataclasses import dataclass
from itertools import pairwise

STEP = math.sqrt(2)
"""How much larger each level is than the one before."""

COARSE = 128
"""Shorter side from which a cell has 2×2 pixels instead of one: a quarter of the work."""

GAIN, GAIN_ON_SHAPES = (0.6, 1.6), (0.5, 1.0)
"""How much weaker and stronger paint may become to fit the contrast that it is laid on. A network's
shapes have contrast of their own, mostly more than paint has."""


@dataclass(frozen=True)
class Level:
    """One step of the enlargement."""

    before: int
    """Shorter side that it comes from."""

    side: int
    """Shorter side that it gets."""

    on_shapes: bool = False
    """Whether a network enlarges, and its shapes are painted on."""

    @property
    def cell(self) -> int:
        """Pixels on the side of a cell."""
        return 1 if self.side <= COARSE else 2

    @property
    def gain(self) -> tuple[float, float]:
        """How much weaker and stronger paint may become."""
        return GAIN_ON_SHAPES if self.on_shapes else GAIN


def levels(begin: int, end: int, times: int = 1) -> list[Level]:
    """Steps from one shorter side to another.

    Args:
        begin: where to begin.
        end: where to end.
        times: how much larger a network makes the first, where one does; all others are about
            `STEP` and alike.
    """
    first = min(begin * times, end)
    steps = [Level(begin, first, on_shapes=True)] if first > begin else []
    if first == end:
        return steps
    count = max(1, round(math.log(end / first) / math.log(STEP)))
    sides = [round(first * (end / first) ** (n / count)) for n in range(count + 1)]
    return steps + [Level(before, side) for before, side in pairwise(sides)]
