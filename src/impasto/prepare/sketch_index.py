"""Candidates among very many sketches: each looks only where its like would lie.

All whole pictures are sorted into cells around centres (k-means on the sphere). A sketch in each
view and position then looks into the few cells whose centres are nearest to it, so that the time a
picture takes grows with the square root of the set. What is found there is what an exact search
finds, but for pairs on the edge of being candidates: docs/scale.md has the measurement.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import track
from impasto.prepare.sketches import (
    CANDIDATE,
    TURNS,
    VIEWS,
    Candidate,
    Floats,
    Thumbs,
    sketch,
    turned_sketches,
    whitened,
    whitening,
)

PROBES = 8
"""Cells that a sketch looks into."""
MOST = 8
"""Of each picture so many candidates are compared, the likeliest: false ones grow with the set."""

_ROUNDS = 6
_PER_CELL = 48
"""Sketches of the sample that each centre is the mean of."""
_ROWS = 4096
"""Pictures that look at the same time."""
_QUERIES = 2**14
_PRODUCTS = 2**22
"""Numbers in the largest table of products; sorting it takes four times its room."""

_KIND = np.dtype(
    [("a", "<i4"), ("b", "<i4"), ("turn", "i1"), ("view", "i1"), ("score", "<f4"), ("by", "<i4")]
)
_Found = NDArray[np.void]


class Candidates(Sequence[Candidate]):
    """Candidates as rows of numbers: 18 bytes each."""

    def __init__(self, rows: _Found) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> Candidate:  # type: ignore[override]  # no slices
        a, b, turn, view, score, _ = self._rows[number].tolist()
        return Candidate(a, b, turn, view, score)


def near_candidates(thumbs: Thumbs, owners: NDArray[np.int64]) -> Candidates:
    """As `sketches.candidates`, pair by pair."""
    count = len(owners)
    whole = np.empty((count, _sketched(thumbs, range(1), 1).shape[-1]), np.float32)
    for rows in track(_blocks(count), "sketching", len(_blocks(count))):
        whole[rows.start : rows.stop] = _sketched(thumbs, rows, 1)[:, 0]
    white = whitening(whole)
    for rows in _blocks(count):
        whole[rows.start : rows.stop] = whitened(whole[rows.start : rows.stop], white)
    cells = Cells(whole)
    found = [
        _likeliest(_seek(cells, _sketched(thumbs, rows), rows, white, owners))
        for rows in track(_blocks(count), "seeking copies", len(_blocks(count)))
    ]
    every = _best_views(np.concatenate(found))
    order = np.lexsort((-every["score"], every["turn"] != 0, every["b"], every["a"]))
    return Candidates(every[order])


class Cells:
    """Unit vectors by the centre that each is nearest to."""

    def __init__(self, vectors: Floats) -> None:
        self.centres = _centres(vectors)
        cell = np.concatenate(
            [
                _nearest(vectors[r.start : r.stop], self.centres, 1)[:, 0]
                for r in _blocks(len(vectors))
            ]
        )
        self.order = np.argsort(cell, kind="stable").astype(np.int32)
        self.starts = np.searchsorted(cell[self.order], np.arange(len(self.centres) + 1))
        vectors[:] = vectors[self.order]  # in place, as there is no room for two
        self._vectors = vectors

    def within(
        self, queries: Floats, least: float
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int32], Floats]]:
        """Numbers of queries and of vectors whose product exceeds `least`, and the products."""
        looked = _nearest(queries, self.centres, min(PROBES, len(self.centres)))
        which = np.argsort(looked, axis=None, kind="stable")
        cells = looked.ravel()[which]
        asked = which // looked.shape[1]
        edges = np.flatnonzero(np.diff(cells, prepend=-1, append=-1))
        for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            cell = int(cells[start])
            mine = slice(int(self.starts[cell]), int(self.starts[cell + 1]))
            products = queries[asked[start:end]] @ self._vectors[mine].T
            hits = np.flatnonzero(products > least)
            if len(hits):
                query, vector = np.divmod(hits, products.shape[1])
                yield asked[start:end][query], self.order[mine][vector], products.ravel()[hits]


def _seek(
    cells: Cells, sketches: Floats, rows: range, white: Floats, owners: NDArray[np.int64]
) -> _Found:
    """Candidates of some pictures: their whole and their parts beside all other pictures."""
    found = [np.empty(0, _KIND)]
    for turn in range(len(TURNS)):
        other = whitened(turned_sketches(sketches, turn), white)
        queries = other.reshape(-1, other.shape[-1])
        for first in range(0, len(queries), _QUERIES):
            for asked, hit, score in cells.within(queries[first : first + _QUERIES], CANDIDATE):
                place, view = np.divmod(asked + first, len(VIEWS))
                one = (rows.start + place).astype(np.int32)
                keep = owners[one] != owners[hit]
                found.append(_as_pairs(one[keep], hit[keep], turn, view[keep], score[keep]))
    return np.concatenate(found)


def _as_pairs(
    one: NDArray[np.int32],
    hit: NDArray[np.int32],
    turn: int,
    view: NDArray[np.intp],
    score: Floats,
) -> _Found:
    """The first of a pair is A: what was turned to look is B, or else A looked and B is turned."""
    found = np.empty(len(one), _KIND)
    later = one > hit
    found["a"], found["b"] = np.minimum(one, hit), np.maximum(one, hit)
    found["turn"] = np.where(later, turn, _back(turn))
    # A part of the turned B beside the whole of A, or the other way round; both whole is 0.
    found["view"] = np.where(later & (view > 0), len(VIEWS) + view, view)
    found["score"], found["by"] = score, one
    return found


def _back(turn: int) -> int:
    on_its_side, down, across = TURNS[turn]
    return TURNS.index((on_its_side, across, down)) if on_its_side else turn


def _likeliest(found: _Found) -> _Found:
    """Of each pair and position the likeliest view, and of each picture the likeliest pairs."""
    found = _best_views(found)
    found = found[np.lexsort((-found["score"], found["by"]))]
    begins = np.flatnonzero(np.diff(found["by"], prepend=-1))
    place = np.arange(len(found)) - np.repeat(begins, np.diff(begins, append=len(found)))
    return found[place < MOST]


def _best_views(found: _Found) -> _Found:
    order = np.lexsort((-found["score"], found["turn"], found["b"], found["a"]))
    found = found[order]
    new = np.ones(len(found), bool)
    for key in ("a", "b", "turn"):
        new[1:] &= found[key][1:] == found[key][:-1]
    new[1:] = ~new[1:]
    return found[new]


def _centres(vectors: Floats) -> Floats:
    """Directions around which the vectors lie; the same each time."""
    count = 2 ** max(4, round(np.log2(4 * np.sqrt(len(vectors)))))
    chance = np.random.default_rng(0)
    sample = vectors[np.sort(chance.permutation(len(vectors))[: _PER_CELL * count])]
    centres = sample[chance.permutation(len(sample))[:count]].copy()
    for _ in range(_ROUNDS):
        blocks = [sample[r.start : r.stop] for r in _blocks(len(sample))]
        cell = np.concatenate([_nearest(block, centres, 1)[:, 0] for block in blocks])
        order = np.argsort(cell, kind="stable")
        filled, begins = np.unique(cell[order], return_index=True)
        sums = np.add.reduceat(sample[order], begins, axis=0)
        centres[filled] = sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9)
    return centres


def _nearest(vectors: Floats, centres: Floats, count: int) -> NDArray[np.intp]:
    """The numbers of the nearest centres, (N, count)."""
    found = np.empty((len(vectors), count), np.intp)
    step = max(1, _PRODUCTS // len(centres))
    for start in range(0, len(vectors), step):
        products = vectors[start : start + step] @ centres.T
        if count == 1:
            found[start : start + step, 0] = products.argmax(axis=1)
        else:
            found[start : start + step] = np.argpartition(products, -count, axis=1)[:, -count:]
    return found


def _sketched(thumbs: Thumbs, rows: range, views: int = len(VIEWS)) -> Floats:
    return np.stack([sketch(thumbs[number], VIEWS[:views]) for number in rows])


def _blocks(count: int) -> list[range]:
    return [range(start, min(start + _ROWS, count)) for start in range(0, count, _ROWS)]
