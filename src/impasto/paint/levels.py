"""From coarse to fine: squares of the canvas, half as wide at each level, shifted at each phase.

The squares of one phase do not overlap, so that they are painted side by side in one batch. Each
phase shifts its grid by a part of a square: what is a border in one phase is a middle in the
next, and no seam stays.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

Array = NDArray[np.float32]

SHIFTS = ((0, 0), (2, 2), (2, 0), (0, 2), (1, 1), (3, 3), (1, 3), (3, 1))
"""Left and up in quarters of a square, phase by phase."""

SMALLEST = 8
"""Pixels of the working canvas below which a square holds nothing to paint."""

FINENESS = 6.0
"""Area of the finest squares, in shares of the canvas's area per stroke. Smaller ones only force
strokes to be short."""

GROWTH = 1.6
"""A level's strokes grow with this power of how fine it is: 2 would be the same cover at each."""

CROWD = 0.5
"""There are enough phases that each paints at most this share of its squares, the worst, before
the next looks again; where that would need more than `SHIFTS`, a phase paints more."""


@dataclass(frozen=True)
class Level:
    """One pass over the canvas with strokes of one scale."""

    side: int
    """Of its squares, in pixels of the working canvas."""

    strokes: int
    phases: int
    width: float | None = None
    """Of all its strokes, as a share of the canvas's longer side; any if not given."""


@dataclass(frozen=True)
class Squares:
    """Some squares of one phase."""

    left: NDArray[np.int64]
    """In pixels of the working canvas; may be negative, as `top`."""

    top: NDArray[np.int64]
    side: int

    def __len__(self) -> int:
        return len(self.left)

    def first(self, count: int) -> "Squares":
        """The first `count` of them."""
        return Squares(self.left[:count], self.top[:count], self.side)

    def outermost(self, height: int, width: int) -> NDArray[np.bool_]:
        """(N, 4): whether each one's left, top, right and bottom are a canvas's, or beyond it."""
        right, bottom = self.left + self.side, self.top + self.side
        ends = (self.left <= 0, self.top <= 0, right >= width, bottom >= height)
        return np.stack(ends, 1)


def grid(height: int, width: int, side: int, phase: int) -> Squares:
    """All squares of a phase that meet the canvas."""
    across, down = SHIFTS[phase % len(SHIFTS)]
    left = np.arange(-(across * side // 4), width, side)
    top = np.arange(-(down * side // 4), height, side)
    columns, rows = np.meshgrid(left, top)
    return Squares(columns.reshape(-1), rows.reshape(-1), side)


def worst(squares: Squares, error: Array, count: int, even: float, seed: int) -> Squares:
    """The `count` squares with the largest error, the worst first.

    Args:
        squares: of a phase.
        error: (H, W), the squared error of each pixel, weighted.
        count: how many.
        even: 0 for strictly the worst, 1 for any, by chance; between, both play a part.
        seed: of that chance.
    """
    sums = np.pad(error.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    height, width = error.shape
    top, bottom = (np.clip(squares.top + d, 0, height) for d in (0, squares.side))
    left, right = (np.clip(squares.left + d, 0, width) for d in (0, squares.side))
    total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    rank = np.log(np.maximum(total, 1e-12))
    if even > 0:
        chance = np.random.default_rng(seed).random(len(rank))
        rank = (1 - even) * rank - even * 8 * np.log(chance)
    chosen = np.argsort(-rank, kind="stable")[:count]
    return Squares(squares.left[chosen], squares.top[chosen], squares.side)


def cut(picture: Array, squares: Squares, pixels: int) -> Tensor:
    """Cut squares out and bring them to `pixels` × `pixels`.

    What lies outside of the picture is 0; the weight (`care`), cut the same way, is 0 there too.

    Args:
        picture: (H, W, C).
        squares: N of them.
        pixels: the side to resize to.

    Returns:
        (N, C, pixels, pixels).
    """
    side, (height, width, _) = squares.side, picture.shape
    reach = (
        (max(0, -int(squares.top.min())), max(0, int(squares.top.max()) + side - height)),
        (max(0, -int(squares.left.min())), max(0, int(squares.left.max()) + side - width)),
    )
    padded = np.pad(picture, (*reach, (0, 0)))
    parts = np.stack(
        [
            padded[top : top + side, left : left + side]
            for top, left in zip(squares.top + reach[0][0], squares.left + reach[1][0], strict=True)
        ]
    )
    tensor = torch.from_numpy(parts).permute(0, 3, 1, 2)
    if side == pixels:
        return tensor.contiguous()
    return F.interpolate(tensor, (pixels, pixels), mode="bilinear", antialias=True)


def plan_levels(
    height: int,
    width: int,
    strokes: int,
    together: int = 2,
    brushes: Sequence[float] = (),
    usual: float = 0.12,
) -> list[Level]:
    """Share strokes out over levels, each with squares about half as wide as those before.

    Args:
        height: of the working canvas in pixels.
        width: of it.
        strokes: in all.
        together: strokes painted at once in one square.
        brushes: widths in shares of the longer side: a level for each of these instead.
        usual: a usual stroke's width, as a share of its square's side.

    Returns:
        Coarse to fine; their strokes add up to `strokes`.
    """
    coarsest, longer = min(height, width), max(height, width)
    widths: list[float | None] = [*sorted(brushes, reverse=True)] or [None]
    if brushes:
        fitting = (round(one / usual * longer) for one in widths if one)
        sides = [min(max(SMALLEST, side), coarsest) for side in fitting]
    else:
        sides = usual_sides(height, width, strokes)
        widths *= len(sides)
    weights = np.array([(coarsest / side) ** GROWTH for side in sides])
    ends = np.rint(np.cumsum(weights / weights.sum()) * strokes).astype(int)
    levels = []
    numbers = np.diff(ends, prepend=0).tolist()
    for side, number, one in zip(sides, numbers, widths, strict=True):
        squares = math.ceil(height / side) * math.ceil(width / side)
        phases = math.ceil(number / (together * max(1.0, squares * CROWD)))
        levels.append(Level(side, number, min(max(phases, 2), number, len(SHIFTS)), one))
    return [level for level in levels if level.strokes]


def usual_sides(height: int, width: int, strokes: int) -> list[int]:
    """Sides of each level's squares in pixels, coarse to fine, where any width may be painted."""
    coarsest = min(height, width)
    finest = max(SMALLEST, math.sqrt(height * width * FINENESS / strokes))
    count = 1 + max(0, round(math.log2(coarsest / finest)))
    ratio = (finest / coarsest) ** (1 / max(1, count - 1))
    return [max(SMALLEST, round(coarsest * ratio**i)) for i in range(count)]
