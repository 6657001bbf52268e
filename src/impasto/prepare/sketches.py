"""Name pairs of pictures that may show the same, in any of eight positions.

A sketch is the lowest cosine frequencies of a thumbnail's grey levels. They are compressed (a
strong light would drown the rest), and then whitened by the set's own statistics: what all of a
set have in common, such as the outline of a fan on its mount, tells nothing about two of them.
Unlike the signs that a perceptual hash keeps, a frequency that is not there weighs nothing, so
flat fields are found again as well. Turning a picture only swaps frequencies and their signs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]

GREY = np.array([0.299, 0.587, 0.114], np.float32)

TURNS = tuple(
    (on_its_side, down, across) for on_its_side in (0, 1) for down in (0, 1) for across in (0, 1)
)
"""Transposed, then upside down, then mirrored: the eight positions of a picture."""

VIEWS: tuple[Box, ...] = (
    *((0, 0, 1, 1), (0.06, 0.06, 0.94, 0.94), (0, 0, 1, 0.92), (0, 0, 1, 0.86)),
    *((0.1, 0.1, 0.9, 0.9), (0.05, 0.05, 1, 1), (0, 0.05, 0.95, 1), (0.05, 0, 1, 0.95)),
    (0, 0, 0.95, 0.95),
)
"""Parts, as shares of the sides: what is left by a crop, within a frame, above a strip of text."""

_FREQUENCIES = 8
_SAMPLES = 32
_POWER = 0.5
"""Frequencies are compressed to this power, their signs kept."""
_PRIOR = 0.3
"""How far the set's statistics are believed: variances below this share of the mean count as it."""
_FIRST_VIEWS = (1, 2, 3)
_LIKELY = 0.35
"""Where neither the whole nor these parts correlate so with the whole, no part is looked at."""
CANDIDATE = 0.7
"""Of 490 copies of fields, fans and motifs 1 % correlated less, of 159 impressionists' none."""
EXACT = 20_000
"""Above so many pictures comparing each with each takes longer than all else."""
_TOGETHER = 2**16
_BLOCK = 256
_PAIRS = 8192


class Thumbs(Protocol):
    """Thumbnails (S, S, 3) by number: an array, or anything that gives them one by one."""

    def __getitem__(self, number: int) -> NDArray[np.uint8]: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """B, turned by `TURNS[turn]`, may show what A shows."""

    a: int
    b: int
    turn: int
    view: int
    """Which part: below `len(VIEWS)` of A and the whole of B, from there on of the turned B."""
    score: float

    @property
    def start(self) -> NDArray[np.float64]:
        """Scale and shift, (x, y) each, by which B lies on A if it shows that part."""
        left, top, right, bottom = VIEWS[self.view % len(VIEWS)]
        scale = np.array([right - left, bottom - top])
        shift = np.array([left + right - 1, top + bottom - 1]) / 2
        if self.view >= len(VIEWS):
            scale, shift = 1 / scale, -shift / scale
        return np.concatenate([scale, shift])


def turned(thumb: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """A picture (S, S, …) in another of the eight positions."""
    on_its_side, down, across = TURNS[turn]
    if on_its_side:
        thumb = thumb.swapaxes(0, 1)
    return thumb[:: -1 if down else 1, :: -1 if across else 1]


def candidates(thumbs: Thumbs, owners: Sequence[int]) -> "Sequence[Candidate]":
    """Pairs a < b that may show the same, each in the positions in which they may, pair by pair.

    Each is compared with each; among more than `EXACT` pictures with those near it only, by
    `sketch_index`, and of these with the likeliest.

    Args:
        thumbs: colour thumbnails.
        owners: whose thumbnail each is; two of one owner are no pair.
    """
    if len(owners) < 2:
        return []
    if len(owners) > EXACT:
        from impasto.prepare.sketch_index import near_candidates

        return near_candidates(thumbs, np.asarray(owners, np.int64))
    sketches = np.stack([sketch(thumbs[number]) for number in range(len(owners))])
    white = whitening(sketches[:, 0])
    plain = whitened(sketches, white)
    found = []
    for turn in range(len(TURNS)):
        other = whitened(turned_sketches(sketches, turn), white)
        found += list(_near(plain, other, np.asarray(owners), turn))
    return sorted(found, key=lambda each: (each.a, each.b, each.turn != 0, -each.score))


def whitened(sketches: Floats, white: Floats) -> Floats:
    """Sketches of any shape whose last axis is the frequencies, comparable by their products."""
    return _unit(_unit(sketches) @ white)


def _near(one: Floats, two: Floats, owners: NDArray[np.int64], turn: int) -> Iterator[Candidate]:
    """Candidates with any view of `one[a]` near the whole `two[b]`, or the other way round."""
    count = len(one)
    for first in range(0, count, _BLOCK):
        rows = slice(first, first + _BLOCK)
        near = one[rows, 0] @ two[first:, 0].T
        for view in _FIRST_VIEWS:
            np.maximum(near, one[rows, view] @ two[first:, 0].T, out=near)
            np.maximum(near, one[rows, 0] @ two[first:, view].T, out=near)
        a, b = np.nonzero(near > _LIKELY)
        a, b = a + first, b + first
        keep = (a < b) & (owners[a] != owners[b])
        a, b = a[keep], b[keep]
        for some in range(0, len(a), _PAIRS):
            x, y = a[some : some + _PAIRS], b[some : some + _PAIRS]
            scores = np.concatenate(
                [
                    np.einsum("nvd,nd->nv", one[x], two[y, 0]),
                    np.einsum("nd,nvd->nv", one[x, 0], two[y]),
                ],
                axis=1,
            )
            views, best = scores.argmax(1), scores.max(1)
            for n in np.flatnonzero(best > CANDIDATE):
                yield Candidate(int(x[n]), int(y[n]), turn, int(views[n]), float(best[n]))


def sketch(thumb: NDArray[np.uint8], views: Sequence[Box] = VIEWS) -> Floats:
    """(views, frequencies² − 1): compressed, the mean left out."""
    grey = thumb.astype(np.float32) @ GREY
    found = []
    for left, top, right, bottom in views:
        waves = _waves(top, bottom, len(grey)) @ grey @ _waves(left, right, len(grey)).T
        found.append((waves * _WEIGHTS).ravel()[1:])
    values = np.stack(found)
    return np.asarray(np.sign(values) * np.abs(values) ** _POWER, dtype=np.float32)


_LINE = np.arange(_FREQUENCIES)
_WEIGHTS = np.hypot(_LINE[:, None], _LINE[None, :]).astype(np.float32)
"""Pictures have half the light at twice the frequency."""

_CACHE: dict[tuple[float, float, int], Floats] = {}


def _waves(low: float, high: float, side: int) -> Floats:
    """The cosine transform of the part from `low` to `high` of a line of `side` pixels."""
    key = low, high, side
    if key not in _CACHE:
        steps = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
        waves = np.cos(np.pi * _LINE[:, None] * steps) * np.sqrt(2 / _SAMPLES)
        taps = np.zeros((_SAMPLES, side))
        for aside in (-0.25, 0.25):  # two points a sample, so that no pixel is passed over
            place = low + (high - low) * (steps + aside / _SAMPLES)
            place = np.clip(place * side - 0.5, 0, side - 1)
            lower = np.minimum(place.astype(int), side - 2)
            taps[np.arange(_SAMPLES), lower] += (1 - (place - lower)) / 2
            taps[np.arange(_SAMPLES), lower + 1] += (place - lower) / 2
        _CACHE[key] = (waves @ taps).astype(np.float32)
    return _CACHE[key]


def turned_sketches(sketches: Floats, turn: int) -> Floats:
    """The sketches of the same pictures in another of the eight positions."""
    on_its_side, down, across = TURNS[turn]
    order = np.arange(_FREQUENCIES**2).reshape(_FREQUENCIES, _FREQUENCIES)
    order = order.T if on_its_side else order
    signs = (-1.0) ** (down * _LINE[:, None] + across * _LINE[None, :])
    return np.asarray(sketches[..., order.ravel()[1:] - 1] * signs.ravel()[1:], np.float32)


def whitening(whole: Floats) -> Floats:
    """The matrix that makes directions alike that vary much in this set, and that vary little."""
    count = whole.shape[1]
    spread = np.zeros((count, count))
    for turn in range(len(TURNS)):
        for start in range(0, len(whole), _TOGETHER):
            some = whole[start : start + _TOGETHER]
            values = _unit(turned_sketches(some, turn)).astype(np.float64)
            spread += values.T @ values
    strengths, directions = np.linalg.eigh(spread)
    trust = len(whole) / (len(whole) + count)  # a few pictures are no statistics
    strengths = trust * strengths / max(float(strengths.mean()), 1e-9) + 1 - trust + _PRIOR
    return np.asarray((directions / np.sqrt(strengths)) @ directions.T, dtype=np.float32)


def _unit(values: Floats) -> Floats:
    length = np.linalg.norm(values, axis=-1, keepdims=True)
    return np.asarray(values / (length + 1e-3), dtype=np.float32)
