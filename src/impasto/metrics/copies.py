"""Is a generated picture a painting of its own, or a copy of one that was learnt from?

Networks trained to name things forgive too much here: blur or noise moves a copy as far away as
another painting. What a copy keeps is its layout. So pictures are shrunk to 16×16, freed of their
mean colour and contrast, and compared with the originals as they are and mirrored. The yardstick
is the typical distance from an original to its nearest other original; a copy lies below
`COPY` of it, blurred, compressed, noisy, mirrored or of other brightness. One that was shifted or
cropped by more than a little is not found this way. How these were measured: `docs/evaluate.md`.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import counted
from impasto.data.dataset import some_rows
from impasto.errors import ImpastoError
from impasto.metrics.features import check_pictures
from impasto.models.pretrained import to_input

SIDE = 16
"""Pixels along a side of what is compared."""

COPY, CLOSE = 0.4, 0.6
"""Nearer than these, in typical distances, a picture is called a copy, or close to one."""

MOST_ORIGINALS = 50_000
"""More are not searched (of a larger set, these many by chance): 150 MB of layouts."""

_YARDSTICK = 1_000
"""Originals whose nearest other original makes the yardstick."""

_FLAT = 0.1
"""Contrast, of a range of 2, below which a picture counts as flat and is not blown up."""

_BLOCK = 1_024

Kind = Literal["copy", "close", "its own"]


@dataclass(frozen=True)
class Found:
    """For each picture its nearest originals, the nearest first."""

    rows: NDArray[np.intp]
    """(N, k), rows of the originals."""

    distances: NDArray[np.float32]
    """(N, k), in typical distances: 1 is as far as from an original to the next."""

    def kind(self, picture: int) -> Kind:
        """What the picture in this row is called."""
        distance = float(self.distances[picture, 0])
        return "copy" if distance < COPY else "close" if distance < CLOSE else "its own"


@dataclass(frozen=True)
class Memorisation:
    """How much of what a generator paints was learnt by heart."""

    copies: float
    """Share of the generated pictures that are copies, 0–1."""

    copies_expected: float
    """The same share among pictures that cannot be copies: held out, or originals."""

    nearness: float
    """Median distance to the nearest original, in typical distances; copying lowers it."""

    held_out: int
    """How many originals were kept from the training; 0 if none."""

    nearest_held_out: float | None
    """Among the originals that are some picture's nearest, the share that was held out."""

    nearest_held_out_expected: float | None
    """The share that it would be if nothing was learnt by heart."""

    memorised: bool
    """Whether either measure says so by more than three standard errors."""

    words: str
    """The verdict in a sentence or two."""


def layout(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, H, W, 3) uint8 → (N, 768), without mean colour and contrast."""
    parts = []
    for start in range(0, len(pictures), _BLOCK):
        block = np.asarray(pictures[start : start + _BLOCK])
        small = to_input(block, SIDE).permute(0, 2, 3, 1).numpy()
        centred = small - small.mean(axis=(1, 2), keepdims=True)
        contrast = np.sqrt((centred**2).mean(axis=(1, 2, 3), keepdims=True))
        parts.append((centred / (contrast + _FLAT)).reshape(len(block), -1))
    return np.concatenate(parts)


class Originals:
    """Originals among which copies are looked for."""

    def __init__(
        self,
        pictures: NDArray[np.uint8],
        held_out: NDArray[np.intp] | None = None,
        seed: int = 0,
    ) -> None:
        """Shrink the originals and find how far they are from each other.

        Args:
            pictures: (N, H, W, 3), uint8, RGB; a memory map is read as it goes.
            held_out: rows that were not trained on, if any.
            seed: which originals are searched of a set of more than `MOST_ORIGINALS`.

        Raises:
            ImpastoError: fewer than two originals, or not pictures.
        """
        check_pictures(pictures)
        if len(pictures) < 2:
            raise ImpastoError("Finding copies needs at least two originals.")
        self.rows = some_rows(len(pictures), MOST_ORIGINALS, seed)
        all_rows = len(self.rows) == len(pictures)
        self._layouts = layout(pictures if all_rows else np.asarray(pictures[self.rows]))
        self.is_held_out = np.isin(self.rows, [] if held_out is None else held_out)
        sample = some_rows(len(self.rows), _YARDSTICK, seed)
        found = self._nearest(self._layouts[sample], 2)
        # The nearest is the picture itself, or a twin of it: then the other one of the two.
        itself = found.rows[:, 0] == self.rows[sample]
        self._nearest_others = np.where(itself, found.distances[:, 1], found.distances[:, 0])
        self.typical = float(np.median(self._nearest_others)) or 1.0

    def search(self, pictures: NDArray[np.uint8], k: int = 3) -> Found:
        """The `k` nearest originals of each picture, mirrored ones included.

        Raises:
            ImpastoError: not pictures, or there are fewer than `k` originals.
        """
        check_pictures(pictures)
        if not 1 <= k <= len(self.rows):
            raise ImpastoError(
                f"There are no {counted(k, 'neighbour')} among "
                f"{counted(len(self.rows), 'original')}."
            )
        found = self._nearest(layout(pictures), k)
        return Found(found.rows, found.distances / np.float32(self.typical))

    def judge(self, found: Found) -> Memorisation:
        """Whether a generator has learnt by heart, from what `search` found for its pictures.

        Two tests, each against what would be found if nothing was learnt by heart. Copies: their
        share against that of held-out pictures, or else of originals among the other originals.
        Held-out pictures: as often as they are in the set, they should be a picture's nearest;
        each original counts once, so that a generator that repeats itself is not judged harder.
        """
        copies, count = float((found.distances[:, 0] < COPY).mean()), len(found.rows)
        expected, base = self.copies_expected
        pooled = (copies * count + expected * base) / (count + base)
        error = math.sqrt(pooled * (1 - pooled) * (1 / count + 1 / base))
        memorised = copies - expected > max(3 * error, 0.01)
        share = rate = None
        if self.is_held_out.any():
            nearest = np.unique(found.rows[:, 0])
            share = float(self.is_held_out[np.searchsorted(self.rows, nearest)].mean())
            rate = float(self.is_held_out.mean())
            spread = math.sqrt(rate * (1 - rate) / len(nearest))
            memorised = memorised or rate - share > 3 * spread
        held_out = int(self.is_held_out.sum())
        return Memorisation(
            copies=copies,
            copies_expected=expected,
            nearness=float(np.median(found.distances[:, 0])),
            held_out=held_out,
            nearest_held_out=share,
            nearest_held_out_expected=rate,
            memorised=memorised,
            words=_words(copies, expected, held_out, share, rate, memorised),
        )

    @cached_property
    def copies_expected(self) -> tuple[float, int]:
        """The share of copies where there can be none, and of how many pictures it is.

        Of held-out pictures among the others, or else of originals among the other originals.
        """
        if not self.is_held_out.any() or self.is_held_out.all():
            near = self._nearest_others / self.typical < COPY
            return float(near.mean()), len(near)
        held, learnt = self._layouts[self.is_held_out], self._layouts[~self.is_held_out]
        distances = _search(held, learnt, 1)[1][:, 0] / self.typical
        return float((distances < COPY).mean()), len(held)

    def _nearest(self, layouts: NDArray[np.float32], k: int) -> Found:
        rows, distances = _search(layouts, self._layouts, k)
        return Found(self.rows[rows], distances)


def _search(
    layouts: NDArray[np.float32], among: NDArray[np.float32], k: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Rows of `among` and distances of the k nearest, mirrored or not; ties in order."""
    rows, distances = [], []
    squares_among = np.einsum("nd,nd->n", among, among)
    for start in range(0, len(layouts), _BLOCK):
        part = layouts[start : start + _BLOCK]
        mirrored = part.reshape(-1, SIDE, SIDE, 3)[:, :, ::-1].reshape(part.shape)
        # |x − y|² is least where x·y is greatest, and mirroring changes no length.
        likeness = np.maximum(part @ among.T, mirrored @ among.T)
        squares = np.einsum("nd,nd->n", part, part)[:, None] + squares_among - 2 * likeness
        order = np.argsort(squares, axis=1, kind="stable")[:, :k]
        rows.append(order)
        near = np.take_along_axis(squares, order, axis=1)
        distances.append(np.sqrt(np.maximum(near, 0)))
    return np.concatenate(rows), np.concatenate(distances).astype(np.float32)


def percent(share: float) -> str:
    """A share of 0–1 for people: whole per cents, below ten with a decimal."""
    return f"{100 * share:.{1 if 0 < share < 0.0995 else 0}f} %"


def _words(
    copies: float,
    expected: float,
    held_out: int,
    share: float | None,
    rate: float | None,
    memorised: bool,
) -> str:
    among = "held-out pictures" if held_out else "originals among each other"
    unclear = "No clear sign of copying" if copies else "No sign of copying"
    said = (
        f"{'It copies originals' if memorised else unclear}: {percent(copies)} of the samples "
        f"count as copies; of {among} {percent(expected)} would."
    )
    if share is None or rate is None:
        return said + " No held-out pictures are known, so a weak effect would not show."
    return said + (
        f" Of the originals that are nearest to some sample, {percent(share)} were held out of the "
        f"training; of the whole set {percent(rate)} were."
    )
