"""The canvas under the paint: linen or paper, at any size, as a factor for brightness.

The weave is a function of the place on the painting and not of pixels: a larger drawing shows the
same threads, sharper. No two threads are alike, and what is finer than a pixel is averaged, so
that neither a grid nor a moiré shows.
"""

import math

import numpy as np
from numpy.typing import NDArray

from impasto.paint.strokes_file import Texture

Array = NDArray[np.float32]

THREADS = 340
"""Linen threads along the longer side."""

GRAINS = 220
"""Grains of paper along the longer side."""

DEPTH = 0.09
"""How much darker the hollows are."""

SAMPLES = 4
"""A thread is looked at in at least so many places across."""


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
    if kind == "paper":
        x, y = _places(range(width), longer, 1), _places(rows, longer, 1)
        return np.asarray(1 + DEPTH * _paper(x, y, longer), np.float32)
    fine = max(1, math.ceil(SAMPLES * THREADS / longer))
    height = _linen(_places(range(width), longer, fine), _places(rows, longer, fine), longer * fine)
    pixels = height.reshape(len(rows), fine, width, fine).mean((1, 3))
    return np.asarray(1 + DEPTH * pixels, np.float32)


def _places(pixels: range, longer: int, fine: int) -> Array:
    """`fine` places in each pixel, in shares of the longer side."""
    at = (np.arange(len(pixels) * fine) + 0.5) / fine + pixels.start
    return np.asarray(at / longer, np.float32)


def _linen(x: Array, y: Array, longer: int) -> Array:
    """Threads over and under each other: (W,) and (H,) → (H, W), heights about [−1, 1]."""
    # Threads wander, and each is thick in some places and thin in others.
    u = x[None] * THREADS + 1.2 * _noise(x * 90, y * 14, 1)
    v = y[:, None] * THREADS + 1.2 * _noise(x * 14, y * 90, 2)
    thick = 0.5 + _noise(x * THREADS, y * 25, 3), 0.5 + _noise(x * 25, y * THREADS, 4)
    warp, weft = (t * np.abs(np.sin(np.pi * w)) for t, w in zip(thick, (u, v), strict=True))
    crossing = np.sin(np.pi * u) * np.sin(np.pi * v)  # > 0 where the warp lies above
    over = 0.5 + 0.5 * crossing / (np.abs(crossing) + np.float32(0.15))
    height = over * warp + (1 - over) * weft + 0.3 * np.minimum(warp, weft)
    fibres = _fade(longer, 4 * THREADS)
    if fibres:
        (x_fine, y_fine), (x_long, y_long) = ((x * n, y * n) for n in (5 * THREADS, THREADS // 2))
        down, across = _noise(x_fine, y_long, 5), _noise(x_long, y_fine, 6)
        height += 0.5 * fibres * (over * down + (1 - over) * across - 0.5)
    return np.asarray(1.6 * (height - 0.75), np.float32)


def _paper(x: Array, y: Array, longer: int) -> Array:
    """Grain of several scales: (W,) and (H,) → (H, W), heights in [−1, 1]."""
    octaves = ((0.3, 0.3), (0.8, 1.0), (0.5, 2.0), (0.35, 4.0), (0.25, 8.0), (0.15, 16.0))
    total = np.zeros((len(y), len(x)), np.float32)
    for number, (share, rate) in enumerate(octaves):
        seen = share * _fade(longer, GRAINS * rate)
        if seen:
            grains = GRAINS * rate
            total += seen * (2 * _noise(x * grains, y * grains, number + 7) - 1)
    return np.asarray(total / 1.3, np.float32)


def _fade(longer: int, count: float) -> np.float32:
    """1 for what is at least three pixels wide, 0 for what would be one."""
    return np.float32(min(1.0, max(0.0, longer / count / 2 - 0.5)))


def _noise(x: Array, y: Array, seed: int) -> Array:
    """Value noise: smooth, in [0, 1], from a hash of whole coordinates: (W,), (H,) → (H, W)."""
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    first = int(left.min()), int(top.min())
    columns = np.arange(first[0], int(left.max()) + 2)
    lines = np.arange(first[1], int(top.max()) + 2)
    mixed = columns[None] * 374_761_393 + lines[:, None] * 668_265_263 + seed * 2_246_822_519
    mixed = (mixed ^ (mixed >> 13)) * 1_274_126_177 & 0xFFFFFFFF
    lattice = (((mixed ^ (mixed >> 16)) & 0xFFFF) / 65_535).astype(np.float32)
    u, v = (part * part * (3 - 2 * part) for part in (x - left, y - top))
    left, top, v = left - first[0], top - first[1], v.astype(np.float32)[:, None]
    between = lattice[top] * (1 - v) + lattice[top + 1] * v
    u = u.astype(np.float32)[None]
    return np.asarray(between[:, left] * (1 - u) + between[:, left + 1] * u, np.float32)
