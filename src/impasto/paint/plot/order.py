"""Which colour is laid when: pens from light to dark, paints so that the picture stays the same."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from impasto.core.colour import to_oklab
from impasto.paint.canvas import to_bytes
from impasto.paint.document import Painting
from impasto.paint.palette import main_colours, snapper
from impasto.paint.plot.lines import Cover, Way

Array = NDArray[np.float32]

MATTERS = 0.05
"""A stroke comes before another of another colour that hides it on at least this share of what
is seen of that one."""

Step = tuple[int, list[int]]
"""A colour's number and the strokes that are laid in it, in a go."""


def few_colours(painting: Painting, cover: Cover, most: int) -> tuple[Array, NDArray[np.int64]]:
    """The colours to draw with, the lightest first, and which of them each stroke has.

    Args:
        painting: what to draw.
        cover: which stroke is seen where: what is seen more counts more.
        most: how many colours.

    Returns:
        (K, 3) in [0, 1], and (N,).
    """
    colours = np.round(painting.strokes.colours * 255).astype(np.float32) / np.float32(255)
    kinds = np.unique(colours, axis=0)
    if len(kinds) > most:
        kinds = main_colours(to_bytes(colours[cover.top[cover.top >= 0]])[None], most)
    kinds = kinds[np.argsort(-to_oklab(kinds)[:, 0])]
    snapped = snapper(kinds)(colours)
    which = (snapped[:, None] == kinds[None]).all(2).argmax(1)
    used = np.unique(which)
    return kinds[used], np.searchsorted(used, which)


def by_colour(which: NDArray[np.int64]) -> list[Step]:
    """One layer a colour, as numbered, for pens of which nothing hides anything."""
    return [(pen, np.flatnonzero(which == pen).tolist()) for pen in np.unique(which).tolist()]


def as_painted(which: NDArray[np.int64]) -> list[Step]:
    """The painting's own order, with another paint wherever the colour changes."""
    steps: list[Step] = []
    for stroke, pen in enumerate(which.tolist()):
        if not steps or steps[-1][0] != pen:
            steps.append((pen, []))
        steps[-1][1].append(stroke)
    return steps


def by_paint(which: NDArray[np.int64], strokes: list[Way], cover: Cover) -> list[Step]:
    """Few layers of a colour each, so that what is seen stays on top.

    A stroke must come before another one only where that one hides it and is itself seen. Planned
    from the top down: of the colours that could lie uppermost the one with the most strokes that
    may lie there is taken. From below up, the last strokes need layers of a few strokes each: half
    as many layers again.
    """
    seen = np.bincount(cover.top[cover.top >= 0], minlength=len(strokes))
    below: dict[int, list[int]] = defaultdict(list)
    covered = np.zeros(len(strokes), int)
    for stroke, way in enumerate(strokes):
        tops, pixels = np.unique(cover.under(way), return_counts=True)
        for top, area in zip(tops.tolist(), pixels.tolist(), strict=True):
            if top > stroke and which[top] != which[stroke] and area > MATTERS * seen[top]:
                below[top].append(stroke)
                covered[stroke] += 1
    left, steps = set(range(len(strokes))), []
    while left:
        free: dict[int, list[int]] = defaultdict(list)
        for stroke in sorted(left):
            if not covered[stroke]:
                free[int(which[stroke])].append(stroke)
        pen = max(free, key=lambda one: (len(free[one]), -one))
        left.difference_update(free[pen])
        for stroke in free[pen]:
            for lower in below[stroke]:
                covered[lower] -= 1
        steps.append((pen, free[pen]))
    return steps[::-1]
