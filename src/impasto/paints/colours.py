"""The few colours that stand for a picture: k-means in Oklab, the same every time."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float64]
"""(K, 3), Oklab."""

Chooser = Callable[[Colours], Colours]
"""Which colours can be had for those that are wanted: as they are, or what paints mix."""

SAMPLES = 20_000
"""Pixels that are looked at: more move a colour by less than the eye sees."""

ALIKE = 0.015
"""A distance in Oklab that is not seen even side by side."""

_BATCH = 2**16

ROUNDS, LAST_ROUNDS = 12, 3


def as_wanted(colours: Colours) -> Colours:
    """Any colour can be had."""
    return colours


def choose_colours(
    lab: NDArray[np.float32],
    care: NDArray[np.float32],
    count: int,
    chooser: Chooser = as_wanted,
) -> Colours:
    """Choose the colours that leave the least error.

    Args:
        lab: (H, W, 3), Oklab.
        care: (H, W), how much an error counts.
        count: how many colours.
        chooser: what can be had; asked after each of the last rounds of k-means (Lloyd 1982), so
            that colours move to where those that can be had leave gaps.

    Returns:
        At most (count, 3): a picture of fewer colours has fewer.
    """
    chance = np.random.default_rng(0)
    flat, weight = lab.reshape(-1, 3), care.reshape(-1)
    if len(flat) > SAMPLES:
        chosen = np.sort(chance.choice(len(flat), SAMPLES, replace=False))
        flat, weight = flat[chosen], weight[chosen]
    points, pull = flat.astype(np.float64), weight.astype(np.float64)
    wanted = _spread(points, pull, count, chance)
    for _ in range(ROUNDS):
        wanted = means(points, nearest(points, wanted), pull, wanted)
    colours = chooser(wanted)
    for _ in range(LAST_ROUNDS if chooser is not as_wanted else 0):
        colours = chooser(means(points, nearest(points, colours), pull, colours))
    return _told_apart(np.unique(colours, axis=0))


def _told_apart(colours: Colours) -> Colours:
    """Without those that nobody would tell from one before."""
    kept: list[int] = []
    for number, colour in enumerate(colours):
        if all(np.linalg.norm(colour - colours[other]) >= ALIKE for other in kept):
            kept.append(number)
    return colours[kept]


def nearest(points: NDArray[np.floating], colours: Colours) -> NDArray[np.intp]:
    """The number of the nearest colour for each of (N, 3) points."""
    table = colours.astype(points.dtype)
    squares = np.square(table).sum(1)
    found = np.empty(len(points), np.intp)
    for start in range(0, len(points), _BATCH):
        part = slice(start, start + _BATCH)
        found[part] = (squares - 2 * points[part] @ table.T).argmin(1)
    return found


def means(
    points: NDArray[np.floating],
    numbers: NDArray[np.integer],
    weight: NDArray[np.floating],
    fallback: Colours,
) -> Colours:
    """The mean of the points of each number; the fallback's row where there are none."""
    count = len(fallback)
    total = np.bincount(numbers, weight, count)
    sums = [np.bincount(numbers, weight * points[:, axis], count) for axis in range(3)]
    found = np.stack(sums, 1) / np.maximum(total, 1e-12)[:, None]
    return np.where(total[:, None] > 0, found, fallback)


def _spread(
    points: Colours, weight: NDArray[np.float64], count: int, chance: np.random.Generator
) -> Colours:
    """Where to start from: each far from those before it (k-means++, Arthur & Vassilvitskii)."""
    chosen = [points[int(weight.argmax())]]
    away = np.square(points - chosen[0]).sum(1)
    for _ in range(count - 1):
        pull = np.cumsum(away * weight)
        if pull[-1] <= 0:  # there are no other colours
            break
        chosen.append(points[min(int(np.searchsorted(pull, chance.random() * pull[-1])),
                                 len(points) - 1)])  # fmt: skip
        away = np.minimum(away, np.square(points - chosen[-1]).sum(1))
    return np.stack(chosen)
