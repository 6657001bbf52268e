"""Find pictures that are there twice: resized, recompressed, retouched, cropped, framed, turned.

Two steps. `sketches` names candidates; an aligned comparison of the pixels confirms them. It asks
two things. Does what is finer than a few pixels agree, each place weighing alike? The outline of a
fan on plain ground is a small part of the places, however strong it is. And do the colours follow
from each other by what happens to colours on the way: a cast, another contrast, paler colours,
grey? A series paints each field anew, which no such change explains.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import track
from impasto.core.parallel import map_in_order
from impasto.prepare.casts import Cast, explain
from impasto.prepare.sketches import GREY, TURNS, Candidate, Thumbs, candidates, turned

_DETAIL = 1.0
"""Width of the blur, in pixels of a thumbnail, whose remainder is the detail."""
_PLACE = 4.0
"""Width, in pixels, of a place: within it the detail of two pictures is compared."""
_FAINT = 1.0
"""Squared grey levels of detail that count for half: grain and compression are below."""
_RICH = 4.0
"""Squared grey levels of detail that a place of a picture full of strokes has."""
_FLAT = 0.25
"""Grey levels of spread below which there is nothing to compare."""
_UNLIKE = 0.5
_UNRELATED = 0.35
"""Candidates less alike, or in detail less alike, than this at half size are not refined: what was
found there stands. Of 2,404 paintings' candidates no twin had less than .72 and .62 (scans of one
painting) in these, while 119 of the 143 others fell below one of them."""
_PLAINER = 0.22
"""How much more of the detail must agree where there is little: a silhouette agrees by itself."""
_TRIES = 2
_STEPS = 12
_FARTHEST = 0.2
"""A crop may take this share of a side, a shift may be this share."""


@dataclass(frozen=True)
class Alignment:
    """How picture B lies on picture A, and how alike they are there."""

    likeness: float
    """Correlation of the two where they overlap, 1 for equal up to brightness and contrast."""
    detail: float
    """Correlation of what is finer than a few pixels: the mean of what the strongest detail says
    and of what each place says, all weighing alike. Another scan of a
    painting has the same strokes; another version of it, or its neighbour in a series, its own."""
    scale: tuple[float, float]
    """Sides of A that a side of B spans, (x, y); below 1, B is a crop of A."""
    shift: tuple[float, float]
    """Where B's centre lies on A, in sides of A, from A's centre."""
    contrast: float
    """How many times more contrast B has."""
    brighter: float
    """How many grey levels B is brighter."""
    rich: float = 1.0
    """Share of the places that have much detail: 0 for plain fields, 1 for strokes everywhere."""
    stroked: float = 1.0
    """Share of the variance of greys that is detail: little where fields are only grainy."""
    cast: Cast | None = None
    """What happened to the colours; None where they were not compared."""

    @property
    def moved(self) -> float:
        """The most by which any edge of B is away from A's, as a share of a side."""
        return max(abs(s - 1) / 2 + abs(t) for s, t in zip(self.scale, self.shift, strict=True))

    def confirms(self, least: float) -> bool:
        """Whether both show the same, `least` being asked of the detail of strokes."""
        if self.cast is None or self.likeness < _UNLIKE or self.detail < least:
            return False
        plain = 1 - np.clip((self.rich - 0.4) / 0.27, 0, 1)
        enough = self.detail >= least + _PLAINER * plain or self.cast.exact
        return enough and self.cast.fits(self.rich, self.stroked)


@dataclass(frozen=True)
class Twin:
    """B shows what A shows, once it is turned by `TURNS[turn]`."""

    a: int
    b: int
    turn: int
    alignment: Alignment

    def seen_from(self, number: int) -> "Twin":
        """The same pair with `number` as A."""
        if number == self.a:
            return self
        old = self.alignment
        on_its_side, down, across = TURNS[self.turn]
        order = (1, 0) if on_its_side else (0, 1)
        back = TURNS.index((on_its_side, across, down) if on_its_side else TURNS[self.turn])
        alignment = replace(
            old,
            scale=(1 / old.scale[order[0]], 1 / old.scale[order[1]]),
            shift=(
                -old.shift[order[0]] / old.scale[order[0]],
                -old.shift[order[1]] / old.scale[order[1]],
            ),
            contrast=1 / max(old.contrast, 1e-6),
            brighter=-old.brighter,
        )
        return Twin(self.b, self.a, back, alignment)


def find_twins(thumbs: Thumbs, owners: Sequence[int], detail: float) -> list[Twin]:
    """All pairs of pictures that show the same.

    Args:
        thumbs: thumbnails (S, S, 3); a picture may have several.
        owners: whose thumbnail each is, in rising order.
        detail: the least correlation of detail, once aligned, that confirms a candidate.
    """
    if detail > 1:  # no correlation is: nothing need be sought
        return []
    found = candidates(thumbs, owners)
    work = map_in_order(partial(_confirmed, detail), _jobs(thumbs, owners, found), len(found))
    tracked = track(work, "comparing candidates", len(found), "pairs")
    return [Twin(*twin) for twin in tracked if twin is not None]


_Job = tuple[int, int, list[tuple[int, NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float64]]]]
"""Two owners, and how one may lie on the other: turn, both thumbnails, where to begin."""


def _jobs(thumbs: Thumbs, owners: Sequence[int], found: Sequence[Candidate]) -> Iterator[_Job]:
    """All that is known of a pair, pair by pair; candidates come so."""
    pairs: dict[tuple[int, int], list[Candidate]] = {}
    last = -1

    def close() -> Iterator[_Job]:
        for (a, b), chances in pairs.items():
            few = _promising(chances)
            yield a, b, [(e.turn, thumbs[e.a], turned(thumbs[e.b], e.turn), e.start) for e in few]
        pairs.clear()

    for each in found:
        if owners[each.a] != last:  # several thumbnails of one owner are neighbours
            yield from close()
            last = owners[each.a]
        pairs.setdefault((last, owners[each.b]), []).append(each)
    yield from close()


def _confirmed(least: float, job: _Job) -> tuple[int, int, int, Alignment] | None:
    """The first way in which one lies on the other so that both are the same."""
    a, b, chances = job
    for turn, one, two, start in chances:
        alignment = align(one, two, start)
        if alignment.confirms(least):
            return a, b, turn, alignment
    return None


def _promising(chances: Sequence[Candidate]) -> list[Candidate]:
    """The likeliest few; upright first, as a symmetric picture is near both ways."""
    likely = sorted(chances, key=lambda each: -each.score)[:_TRIES]
    upright = [each for each in chances if not each.turn][:1]
    rest = [each for each in likely if each not in upright]
    return [*upright, *rest]


def align(
    a: NDArray[np.uint8], b: NDArray[np.uint8], start: NDArray[np.float64] | None = None
) -> Alignment:
    """Lay B onto A by scale and shift along each axis, and compare.

    Gauss–Newton on the squared difference of the standardised pictures (Lucas & Kanade 1981),
    first at half size, so that larger shifts are found.

    Args:
        a: (S, S, 3).
        b: (S, S, 3).
        start: scale x, scale y, shift x, shift y to begin with; equal if not given.
    """
    one, two = (np.asarray(each @ GREY, np.float64) for each in (a, b))
    start = np.array([1.0, 1.0, 0.0, 0.0]) if start is None else start
    half_one, half_two = _shrink(one), _shrink(two)
    warp = _refine(half_one, half_two, start)
    rough, fine, *_ = _compare(half_one, half_two, warp)
    if rough < _UNLIKE or fine < _UNRELATED:
        return Alignment(rough, fine, (1.0, 1.0), (0.0, 0.0), 1.0, 0.0)
    warp = _refine(one, two, warp)
    best = max((warp, start), key=lambda w: _compare(one, two, w)[0])
    likeness, strongest, contrast, brighter = _compare(one, two, best)
    everywhere, rich, stroked = _everywhere(one, two, best)
    detail = (strongest + everywhere) / 2
    scale, shift = (float(best[0]), float(best[1])), (float(best[2]), float(best[3]))
    cast = _cast(a, b, best)
    return Alignment(likeness, detail, scale, shift, contrast, brighter, rich, stroked, cast)


def _cast(a: NDArray[np.uint8], b: NDArray[np.uint8], warp: NDArray[np.float64]) -> Cast:
    channels = [_sample(a[..., channel].astype(np.float64), warp) for channel in range(3)]
    inside = _within(channels[0][1])
    laid = np.stack([picture[inside].ravel() for picture, _ in channels], axis=1)
    return explain(laid, b[inside].reshape(-1, 3).astype(np.float64))


def _within(inside: tuple[slice, slice]) -> tuple[slice, slice]:
    """Without the outermost pixels, which hold something of what lies outside."""
    rows, columns = inside
    return slice(rows.start + 2, rows.stop - 2), slice(columns.start + 2, columns.stop - 2)


def _everywhere(
    a: NDArray[np.float64], b: NDArray[np.float64], warp: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Correlation of detail place by place, the share of places that have much, and of all."""
    laid, inside = _sample(a, warp)
    if _too_little(a.shape[0], inside):
        return 0.0, 0.0, 0.0
    inside = _within(inside)
    blur = _blur(a.shape[0], _DETAIL)
    one, two = ((each - blur @ each @ blur.T)[inside] for each in (laid, b))
    whole = (each[inside].var() + _FAINT for each in (laid, b))
    stroked = min(float((d * d).mean() / v) for d, v in zip((one, two), whole, strict=True))
    one = one * np.clip((one * two).sum() / max((one * one).sum(), 1e-6), 0.3, 3)
    mean = [_blur(side, _PLACE) for side in one.shape]
    own, other, both = (mean[0] @ x @ mean[1].T for x in (one * one, two * two, one * two))
    much = own + other + 2 * _FAINT
    detail = float((2 * both / much).sum() / max(((own + other) / much).sum(), 1e-6))
    near = [_blur(side, 1.5) for side in one.shape]
    least = np.minimum(*(near[0] @ x @ near[1].T for x in (one * one, two * two)))
    share = float((least > _RICH).mean())
    return detail, share, stroked


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
    blur = _blur(a.shape[0], _DETAIL)
    deep = _within(inside)
    fine = (each - blur @ each @ blur.T for each in (laid, b))
    detail, _ = _correlation(*(each[deep] for each in fine))
    return likeness, detail, contrast, float(b[inside].mean() - laid[inside].mean())


@cache
def _blur(side: int, width: float) -> NDArray[np.float64]:
    """A Gaussian blur along one axis as a matrix."""
    away = np.arange(side)[:, None] - np.arange(side)[None, :]
    weights = np.exp(-0.5 * (away / width) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _correlation(one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[float, float]:
    """Correlation of two samples, 0 where one of them is flat, and the ratio of their spreads."""
    spread_one, spread_two = float(one.std()), float(two.std())
    if min(spread_one, spread_two) < _FLAT:
        return 0.0, 1.0
    product = float(((one - one.mean()) * (two - two.mean())).mean())
    return product / (spread_one * spread_two), spread_two / spread_one
