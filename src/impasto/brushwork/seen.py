"""What a level sees of a donor: how its places look with less detail and with all of it."""

from typing import NamedTuple

from torch import Tensor
from torch.nn import functional as F

from impasto.brushwork.bands import Looks, Sides, contrast, cut, looks_of, resized
from impasto.brushwork.levels import Level
from impasto.brushwork.shapes import Shapes

WINDOW = 512
"""Cells on the side of a donor that are used at once: of large ones, about where they were used."""


class Seen(NamedTuple):
    """A donor at a level, or the part of it that is used there."""

    looks: Looks
    """Without the band."""

    sharp: Looks
    """With it."""

    band: Tensor
    """(cells, K): what it has and its soft copy lacks."""

    contrast: Tensor
    """(cells,)"""

    corner: tuple[int, int]
    """Row and column of its first cell in the whole donor."""


def see(donor: Tensor, level: Level, centre: tuple[float, float], shapes: Shapes | None) -> Seen:
    """Look at a donor.

    Args:
        donor: (1, 3, H, W) in 0–1.
        level: at which step.
        centre: shares of its height and width, about which it is used where it is large.
        shapes: enlarge its small copy as they enlarge the picture; None: bicubic.
    """
    cell = level.cell
    height, width = scaled(donor, level.side)
    sides = max(cell, height // cell * cell), max(cell, width // cell * cell)
    sharp = resized(donor, sides)
    less = level.before / level.side
    small = resized(sharp, (max(1, round(sides[0] * less)), max(1, round(sides[1] * less))))
    soft = resized(small if shapes is None else shapes.of_original(small), sides)
    corner, cuts = [], []
    for side, share in zip(sides, centre, strict=True):
        cells = side // cell
        count = min(cells, WINDOW)
        first = min(max(0, round(share * cells) - count // 2), cells - count)
        corner.append(first)
        cuts.append(slice(first * cell, (first + count) * cell))
    sharp, soft = sharp[:, :, cuts[0], cuts[1]], soft[:, :, cuts[0], cuts[1]]
    return Seen(
        looks_of(soft, cell),
        looks_of(sharp, cell),
        cut(sharp - soft, cell),
        F.avg_pool2d(contrast(soft), cell).flatten(),
        (corner[0], corner[1]),
    )


def scaled(donor: Tensor, side: int) -> Sides:
    """A donor's height and width where pictures have that shorter side; it is never enlarged."""
    height, width = donor.shape[2], donor.shape[3]
    scale = min(1.0, side / min(height, width))
    return round(height * scale), round(width * scale)
