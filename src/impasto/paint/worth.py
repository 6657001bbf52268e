"""What each stroke of a painting is worth: how much farther from the picture it is without it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from impasto.paint.canvas import Patch

Array = NDArray[np.float32]


def worth(
    patches: Sequence[Patch],
    colours: Array,
    below: Array,
    target: Array,
    care: Array,
    bare: float = 0.0,
    open_below: Array | None = None,
) -> Array:
    """By how much the weighted squared error grows if one stroke goes and all others stay.

    Exact, in two passes: upwards, what each stroke changes on what lies below it; downwards, what
    of that change shows through the strokes above it.

    Args:
        patches: N strokes in their order.
        colours: (N, 3), theirs.
        below: (H, W, 3), the canvas before the first.
        target: (H, W, 3), what is painted.
        care: (H, W), the weight of each pixel's error.
        bare: the squared error of a pixel that bare canvas counts in addition.
        open_below: (H, W), in [0, 1]: how bare the canvas is before the first stroke; all of it if
            not given.

    Returns:
        (N,); below 0 where the painting is better without the stroke.
    """
    canvas = below.copy()
    is_open = np.ones(target.shape[:2], np.float32) if open_below is None else open_below.copy()
    changes: list[Array] = []
    covers: list[Array] = []
    for patch, colour in zip(patches, colours, strict=True):
        view, still = canvas[patch.rows, patch.columns], is_open[patch.rows, patch.columns]
        change = patch.alpha[..., None] * (colour - view)
        view += change
        changes.append(change)
        covers.append(patch.alpha * still)
        still -= covers[-1]
    error, through = canvas - target, np.ones(target.shape[:2], np.float32)
    worths = np.empty(len(patches), np.float32)
    for index in range(len(patches) - 1, -1, -1):
        patch = patches[index]
        place = patch.rows, patch.columns
        lost = -through[place][..., None] * changes.pop()
        farther = (lost * (lost + 2 * error[place])) @ np.ones(3, np.float32)
        farther += np.float32(bare) * through[place] * covers.pop()
        worths[index] = np.vdot(farther, care[place])
        through[place] *= 1 - patch.alpha
    return worths
