"""Find pictures that are there twice: exact, resized, recompressed, retouched, cropped, mirrored.

Two steps. Perceptual hashes (64 bits: signs of the lowest cosine frequencies) name candidates;
an aligned comparison of the pixels confirms them. Candidates are found by comparing hashes
block by block. That is quadratic, but at a nanosecond a pair and view three seconds for 20,000
pictures, a hundredth of what looking at them takes; an index over hashes at this radius would
have to probe hundreds of buckets a picture.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import track

RADIUS = 12
"""Bits by which hashes of candidates may differ. Unrelated pictures differ by 32 ± 5."""

_BLOCK = 2**17
"""Pairs compared at a time: a megabyte, which stays in the processor's cache."""
_DETAIL = 1.0
"""Width of the blur, in pixels of a thumbnail, whose remainder is the detail."""
_FLAT = 0.25
"""Grey levels of spread below which there is nothing to compare."""
_UNLIKE = 0.5
_UNRELATED = 0.35
"""Candidates less alike, or in detail less alike, than this at half size are not refined: what was
found there stands. Of 2,404 paintings' candidates no twin had less than .72 and .62 (scans of one
painting) in these, while 119 of the 143 others fell below one of them."""
_STEPS = 12
_FARTHEST = 0.2
"""A crop may take this share of a side, a shift may be this share."""


class Thumbs(Protocol):
    """Thumbnails by number: an array (N, S, S), or anything that gives them one by one."""

    def __getitem__(self, number: int) -> NDArray[np.uint8]: ...


@dataclass(frozen=True)
class Alignment:
    """How picture B lies on picture A, and how alike they are there."""

    likeness: float
    """Correlation of the two where they overlap, 1 for equal up to brightness and contrast."""
    detail: float
    """Correlation of what is finer than a few pixels. Another scan of a painting has the same
    strokes; another version of it, or its neighbour in a series, has its own."""
    scale: tuple[float, float]
    """Sides of A that a side of B spans, (x, y); below 1, B is a crop of A."""
    shift: tuple[float, float]
    """Where B's centre lies on A, in sides of A, from A's centre."""
    contrast: float
    """How many times more contrast B has."""
    brighter: float
    """How many grey levels B is brighter."""

    @property
    def moved(self) -> float:
        """The most by which any edge of B is away from A's, as a share of a side."""
        return max(abs(s - 1) / 2 + abs(t) for s, t in zip(self.scale, self.shift, strict=True))


@dataclass(frozen=True)
class Twin:
    """B shows what A shows."""

    a: int
    b: int
    mirrored: bool
    alignment: Alignment


def find_twins(hashes: Sequence[Sequence[int]], thumbs: Thumbs, detail: float) -> list[Twin]:
    """All pairs that show the same picture.

    Args:
        hashes: for each picture those of the whole, of its mirror image, and of its parts.
        thumbs: the grey thumbnails, S × S; read pair by pair.
        detail: the least correlation of detail, once aligned, that confirms a candidate.
    """
    pairs = candidates(hashes)
    found = []
    for a, b, mirrored in track(pairs, "comparing candidates", len(pairs), "pairs"):
        one, two = thumbs[a], thumbs[b][:, ::-1] if mirrored else thumbs[b]
        alignment = align(one, two)
        if alignment.detail >= detail and alignment.likeness >= _UNLIKE:
            found.append(Twin(a, b, mirrored, alignment))
    return found


def candidates(
    hashes: Sequence[Sequence[int]], radius: int = RADIUS
) -> list[tuple[int, int, bool]]:
    """Pairs (a, b, mirrored), a < b, whose hashes are near.

    Whole with whole, a part of either with the whole of the other, or whole with mirrored; a
    pair that is near both ways counts as upright.

    Args:
        hashes: for each picture those of the whole, of its mirror image, and of its parts.
        radius: bits by which they may differ.
    """
    if not hashes:
        return []
    whole, mirror, *parts = np.array(hashes, dtype=np.uint64).T
    upright = set(_near(whole, whole, radius))
    for part in parts:
        upright.update(_near(whole, part, radius))
        upright.update(_near(part, whole, radius))
    mirrored = set(_near(whole, mirror, radius)) - upright
    return sorted([(a, b, False) for a, b in upright] + [(a, b, True) for a, b in mirrored])


def _near(
    one: NDArray[np.uint64], two: NDArray[np.uint64], radius: int
) -> Iterator[tuple[int, int]]:
    """Pairs a < b with hash `one[a]` near `two[b]`, a block of rows at a time."""
    count = len(one)
    rows = max(1, _BLOCK // max(1, count))
    # The same buffers for all blocks: fresh memory would cost more than the arithmetic.
    bits, distance = np.empty(rows * count, np.uint64), np.empty(rows * count, np.uint8)
    is_near = np.empty(rows * count, np.bool_)
    for start in range(0, count, rows):
        block, others = one[start : start + rows, None], two[None, start:]
        # Only b > a: the other half is found from the other side.
        shape, size = (len(block), others.shape[1]), len(block) * others.shape[1]
        np.bitwise_xor(block, others, out=bits[:size].reshape(shape))
        np.bitwise_count(bits[:size], out=distance[:size])
        np.less_equal(distance[:size], radius, out=is_near[:size])
        for place in np.flatnonzero(is_near[:size]):
            row, column = divmod(int(place), shape[1])
            if column > row:
                yield start + row, start + column


def align(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> Alignment:
    """Lay B onto A by scale and shift along each axis, and compare.

    Gauss–Newton on the squared difference of the standardised pictures (Lucas & Kanade 1981),
    first at half size, so that larger shifts are found.

    Args:
        a: (S, S), grey.
        b: (S, S), grey.
    """
    one, two = a.astype(np.float64), b.astype(np.float64)
    start = np.array([1.0, 1.0, 0.0, 0.0])  # scale x, scale y, shift x, shift y in sides
    half_one, half_two = _shrink(one), _shrink(two)
    warp = _refine(half_one, half_two, start)
    rough, fine, *_ = _compare(half_one, half_two, warp)
    if rough < _UNLIKE or fine < _UNRELATED:
        return Alignment(rough, fine, (1.0, 1.0), (0.0, 0.0), 1.0, 0.0)
    warp = _refine(one, two, warp)
    best = max((warp, start), key=lambda w: _compare(one, two, w)[0])
    likeness, detail, contrast, brighter = _compare(one, two, best)
    scale, shift = (float(best[0]), float(best[1])), (float(best[2]), float(best[3]))
    return Alignment(likeness, detail, scale, shift, contrast, brighter)


def _shrink(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    side = picture.shape[0] // 2
    return np.asarray(picture[: 2 * side, : 2 * side].reshape(side, 2, side, 2).mean((1, 3)))


def _line(side: int) -> NDArray[np.float64]:
    """Pixel centres along an axis in sides, from the middle."""
    return (np.arange(side) + 0.5) / side - 0.5


def _taps(side: int, scale: float, shift: float) -> tuple[NDArray[np.float64], slice]:
    """Linear interpolation along one axis as a matrix, and which pixels of B lie on A.

    The warp moves each axis by itself, so a picture is resampled by a matrix on either side.
    """
    place = (scale * _line(side) + shift + 0.5) * side - 0.5
    inside = np.flatnonzero((place >= -0.5) & (place <= side - 0.5))
    place = np.clip(place, 0, side - 1)
    lower = np.minimum(place.astype(int), side - 2)
    matrix = np.zeros((side, side))
    rows = np.arange(side)
    matrix[rows, lower], matrix[rows, lower + 1] = 1 - (place - lower), place - lower
    first, last = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)
    return matrix, slice(first, last)


def _sample(
    picture: NDArray[np.float64], warp: NDArray[np.float64]
) -> tuple[NDArray[np.float64], tuple[slice, slice]]:
    """`picture` at B's pixels laid on it by `warp`, and the rectangle of B that lies on it."""
    side = picture.shape[0]
    across, columns = _taps(side, warp[0], warp[2])
    down, rows = _taps(side, warp[1], warp[3])
    return down @ picture @ across.T, (rows, columns)


def _too_little(side: int, inside: tuple[slice, slice]) -> bool:
    """Whether the two hardly overlap."""
    rows, columns = inside
    common: int = (rows.stop - rows.start) * (columns.stop - columns.start)
    return common < 0.4 * side * side


def _refine(
    a: NDArray[np.float64], b: NDArray[np.float64], warp: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The warp that lays B onto A best; the given one where that leads astray."""
    begin, side = warp, a.shape[0]
    x, y = np.broadcast_arrays(_line(side)[None, :], _line(side)[:, None])
    for _ in range(_STEPS):
        laid, inside = _sample(a, warp)
        if _too_little(side, inside):
            return begin
        slope_y, slope_x = (each * side for each in np.gradient(laid))
        slope_x, slope_y = slope_x / warp[0], slope_y / warp[1]
        # B ≈ gain · A(warp) + offset + gain · slope · step: six unknowns, linear.
        rows = [laid, np.ones_like(laid), slope_x * x, slope_y * y, slope_x, slope_y]
        matrix = np.stack([row[inside].ravel() for row in rows], axis=1)
        normal = matrix.T @ matrix
        normal[np.diag_indices(6)] *= 1 + 1e-4
        normal[np.diag_indices(6)] += 1e-6
        gain, _, *step = np.linalg.solve(normal, matrix.T @ b[inside].ravel())
        if abs(gain) < 0.1:
            return begin
        change = np.clip(np.array(step) / gain, -0.05, 0.05)
        warp = warp + change
        if np.abs(warp[:2] - 1).max() > 2 * _FARTHEST or np.abs(warp[2:]).max() > _FARTHEST:
            return begin
        if np.abs(change).max() < 0.05 / side:
            break
    return warp


def _compare(
    a: NDArray[np.float64], b: NDArray[np.float64], warp: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Correlation, correlation of the detail, ratio of contrasts, difference of brightness."""
    laid, inside = _sample(a, warp)
    if _too_little(a.shape[0], inside):
        return 0.0, 0.0, 1.0, 0.0
    likeness, contrast = _correlation(laid[inside], b[inside])
    rows, columns = inside
    blur = _blur(a.shape[0])
    deep = slice(rows.start + 2, rows.stop - 2), slice(columns.start + 2, columns.stop - 2)
    fine = (each - blur @ each @ blur.T for each in (laid, b))
    detail, _ = _correlation(*(each[deep] for each in fine))
    return likeness, detail, contrast, float(b[inside].mean() - laid[inside].mean())


@cache
def _blur(side: int) -> NDArray[np.float64]:
    """A Gaussian blur along one axis as a matrix."""
    away = np.arange(side)[:, None] - np.arange(side)[None, :]
    weights = np.exp(-0.5 * (away / _DETAIL) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _correlation(one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[float, float]:
    """Correlation of two samples, 0 where one of them is flat, and the ratio of their spreads."""
    spread_one, spread_two = float(one.std()), float(two.std())
    if min(spread_one, spread_two) < _FLAT:
        return 0.0, 1.0
    product = float(((one - one.mean()) * (two - two.mean())).mean())
    return product / (spread_one * spread_two), spread_two / spread_one
