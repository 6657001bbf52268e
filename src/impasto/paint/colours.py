"""The colours of strokes that lie over each other, exactly: one linear least-squares problem.

Once strokes are drawn, the painting is linear in their colours: a stroke adds its colour times
its opacity times what the strokes above it let through. The colours that come closest to the
target solve the normal equations, here by conjugate gradients with a diagonal preconditioner
(Hestenes & Stiefel 1952), whose products are passes over the strokes and never a matrix.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from impasto.paint.canvas import Patch

Array = NDArray[np.float32]

HOLD = 0.05
"""Weight that holds a colour near where it was, in pixels of full cover: a stroke that is hidden
under others, whose colour hardly matters, then keeps one that makes sense."""


def visible(patches: Sequence[Patch], height: int, width: int) -> tuple[list[Array], Array]:
    """How much each stroke contributes to each pixel under the strokes above it.

    Returns:
        For each patch (h, w) its weight in [0, 1], and (H, W) what of the canvas shines through.
    """
    through = np.ones((height, width), np.float32)
    weights: list[Array] = []
    for patch in reversed(patches):
        view = through[patch.rows, patch.columns]
        weight = patch.alpha * view
        weights.append(weight)
        view -= weight
    return weights[::-1], through


def solve_colours(
    patches: Sequence[Patch],
    colours: Array,
    below: Array,
    target: Array,
    care: Array,
    iterations: int = 8,
    hold: float = 0.0,
) -> Array:
    """Choose all colours at once so that the painting comes closest to the target.

    Args:
        patches: the strokes in their order.
        colours: (N, 3), where to start from.
        below: (H, W, 3), the canvas before the first of them.
        target: (H, W, 3), what to paint.
        care: (H, W), the weight of each pixel's squared error.
        iterations: of conjugate gradients; 8 leave less than .01 dB to gain.
        hold: how strongly a colour is held near where it starts, in shares of how strongly the
            target pulls at it.

    Returns:
        (N, 3), in [0, 1].
    """
    weights, through = visible(patches, *target.shape[:2])
    cared = [w * care[p.rows, p.columns] for w, p in zip(weights, patches, strict=True)]

    def paint(values: Array) -> Array:
        sheet = np.zeros_like(target)
        for patch, weight, value in zip(patches, weights, values, strict=True):
            sheet[patch.rows, patch.columns] += weight[..., None] * value
        return sheet

    def gather(sheet: Array) -> Array:
        sums = np.empty((len(patches), 3), np.float32)
        for i, (patch, weight) in enumerate(zip(patches, cared, strict=True)):
            sums[i] = np.tensordot(weight, sheet[patch.rows, patch.columns], 2)
        return sums

    pulls = [np.vdot(w, c) for w, c in zip(weights, cared, strict=True)]
    own = np.asarray(pulls, np.float32)[:, None]
    held: Array = np.float32(HOLD) + np.float32(hold) * own
    scale = own + held
    residual = gather(target - through[..., None] * below - paint(colours))
    step: Array = residual / scale
    power = float(np.vdot(residual, step))
    for _ in range(iterations):
        if power < 1e-9:
            break
        product: Array = gather(paint(step)) + step * held
        length = np.float32(power / float(np.vdot(step, product)))
        colours = colours + step * length
        residual = residual - product * length
        scaled = residual / scale
        power, before = float(np.vdot(residual, scaled)), power
        step = np.asarray(scaled + step * (power / before), np.float32)
    return np.clip(colours, 0, 1)
