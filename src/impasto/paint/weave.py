"""The canvas under the paint: linen or paper, at any size, as a factor for brightness.

The weave is a function of the place on the painting and not of pixels: a larger drawing shows the
same threads, sharper.
"""

import numpy as np
from numpy.typing import NDArray

from impasto.paint.document import Texture

Array = NDArray[np.float32]

THREADS = 170
"""Pairs of linen threads along the longer side."""

GRAINS = 220
"""Grains of paper along the longer side."""

DEPTH = 0.07
"""How much darker the hollows are."""


def weave(kind: Texture, rows: range, width: int, longer: int) -> Array:
    """The factor for some rows of a painting.

    Args:
        kind: `none`, `linen` or `paper`.
        rows: which rows of the painting, in pixels.
        width: its columns.
        longer: its longer side in pixels.

    Returns:
        (len(rows), width), about 1.
    """
    if kind == "none":
        return np.ones((len(rows), width), np.float32)
    x = ((np.arange(width) + 0.5) / longer)[None]
    y = ((np.asarray(rows) + 0.5) / longer)[:, None]
    count = THREADS if kind == "linen" else GRAINS
    # Threads finer than two pixels would alias: they fade before.
    fade = np.clip(longer / count / 2 - 0.5, 0, 1)
    height = _linen(x, y) if kind == "linen" else _paper(x, y)
    return np.asarray(1 + DEPTH * fade * height, np.float32)


def _linen(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Warp over weft over warp: (1, W) and (H, 1) → heights in [−1, 1]."""
    uneven = 1.5 * _noise(x * 23, y * 9, 1)
    across = np.sin(2 * np.pi * (x * THREADS) + uneven)
    along = np.sin(2 * np.pi * (y * THREADS) + 1.5 * _noise(x * 9, y * 23, 2))
    over = np.sin(np.pi * x * THREADS) * np.sin(np.pi * y * THREADS) > 0
    thick = 0.75 + 0.5 * _noise(x * 40, y * 40, 3)
    return np.where(over, across, along) * thick


def _paper(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Grain of three scales: (1, W) and (H, 1) → heights in [−1, 1]."""
    octaves = ((1.0, 1.0), (0.5, 2.0), (0.35, 0.3))
    total = sum(
        share * (2 * _noise(x * GRAINS * rate, y * GRAINS * rate, i) - 1)
        for i, (share, rate) in enumerate(octaves)
    )
    return np.asarray(total / 1.3)


def _noise(x: NDArray[np.float64], y: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Value noise: smooth, in [0, 1], from a hash of whole coordinates."""
    x, y = np.broadcast_arrays(x, y)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    u, v = (part * part * (3 - 2 * part) for part in (x - left, y - top))

    def corner(dx: int, dy: int) -> NDArray[np.float64]:
        mixed = (left + dx) * 374_761_393 + (top + dy) * 668_265_263 + seed * 2_246_822_519
        mixed = (mixed ^ (mixed >> 13)) * 1_274_126_177 & 0xFFFFFFFF
        return ((mixed ^ (mixed >> 16)) & 0xFFFF) / 65_535

    upper = corner(0, 0) * (1 - u) + corner(1, 0) * u
    lower = corner(0, 1) * (1 - u) + corner(1, 1) * u
    return np.asarray(upper * (1 - v) + lower * v)
