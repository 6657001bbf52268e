"""How many of the built-in families a generator still paints: mode collapse, counted.

Recall and coverage guess at missing modes; on the built-in paintings the modes are known. A
linear classifier on pretrained features learns the families from pictures painted for the
purpose (never the training's own) and tells which family each generated picture belongs to.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.core.images import Picture
from impasto.data.colourfield import FAMILIES, paint
from impasto.data.crop import middle
from impasto.errors import ImpastoError
from impasto.metrics.features import Extractor, efficientnet, features_of
from impasto.metrics.judge import Judge

_FIRST_SEED = 2**40
"""Far from the seeds that sets are painted from, which start at 0."""


@dataclass(frozen=True)
class Modes:
    """Which families a set of pictures holds."""

    shares: dict[str, float]
    """Of each family, 0–1; they sum to 1."""

    missing: tuple[str, ...]
    """Families with less than a tenth of an even share."""

    evenness: float
    """Entropy of the shares over that of even ones: 1 all alike, 0 one family only."""


class FamilyCounter:
    """Tells the families of `colourfield` apart."""

    def __init__(
        self,
        size: int | tuple[int, int] = 64,
        extractor: Extractor | None = None,
        each: int = 60,
    ) -> None:
        """Paint examples and fit the classifier.

        Args:
            size: of the pictures that will be counted, in pixels: the side of squares, or
                (width, height); then examples are the middle of square paintings, as in the set.
            extractor: what looks at them; EfficientNet-Lite0 at 96² if not given.
            each: examples of a family.
        """
        self.width, self.height = (size, size) if isinstance(size, int) else size
        self.extractor = extractor or efficientnet("lite0", 96)
        # Family by family, so that few large pictures are in memory at once.
        features = np.concatenate(
            [
                features_of(self._examples(family, each), self.extractor, quiet=True)
                for family in FAMILIES
            ]
        )
        self._mean, self._deviation = features.mean(axis=0), features.std(axis=0) + 1e-6
        known = self._normalised(features)
        labels = np.repeat(np.eye(len(FAMILIES)), each, axis=0)
        # Ridge regression in its dual form: there are fewer pictures than features.
        gram = known @ known.T
        ridge = 0.1 * np.trace(gram) / len(gram) * np.eye(len(gram))
        self._weights = known.T @ np.linalg.solve(gram + ridge, labels)

    def _examples(self, family: str, each: int) -> NDArray[np.uint8]:
        side = max(self.width, self.height)
        squares = (paint(_FIRST_SEED + number, side, family) for number in range(each))
        return np.stack([middle(square, self.width, self.height) for square in squares])

    def families(self, pictures: NDArray[np.uint8]) -> NDArray[np.intp]:
        """The likeliest family of each picture: (N, H, W, 3) → (N,) into `FAMILIES`.

        Raises:
            ImpastoError: the pictures have another size than the counter.
        """
        if pictures.shape[1:] != (self.height, self.width, 3):
            raise ImpastoError(
                f"This counter knows pictures of {self.width}×{self.height}, not "
                f"{pictures.shape[1:]}; make one with their size."
            )
        features = self._normalised(features_of(pictures, self.extractor))
        return np.asarray((features @ self._weights).argmax(axis=1))

    def count(self, pictures: NDArray[np.uint8]) -> Modes:
        """Shares of the families in (N, H, W, 3) uint8.

        Raises:
            ImpastoError: no pictures, or of another size than the counter.
        """
        if not len(pictures):
            raise ImpastoError("There are no pictures to count families in; generate some first.")
        found = np.bincount(self.families(pictures), minlength=len(FAMILIES)) / len(pictures)
        shares = dict(zip(FAMILIES, found.tolist(), strict=True))
        entropy = -sum(share * math.log(share) for share in shares.values() if share)
        few = 0.1 / len(FAMILIES)
        return Modes(
            shares=shares,
            missing=tuple(name for name, share in shares.items() if share < few),
            evenness=entropy / math.log(len(FAMILIES)),
        )

    def _normalised(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        scaled = ((features - self._mean) / self._deviation).astype(np.float64)
        return np.concatenate([scaled, np.ones((len(scaled), 1))], axis=1)


class CountingJudge:
    """A judge that also counts the families: for trainings on the built-in paintings."""

    def __init__(self, judge: Judge, size: tuple[int, int]) -> None:
        """Judge as `judge` does, and count in pictures of this (width, height)."""
        self._judge, self._size = judge, size
        self.name, self.count, self.by = judge.name, judge.count, judge.by
        self._counter: FamilyCounter | None = None

    def nearest_sheet(self, fakes: NDArray[np.uint8]) -> Picture:
        """Some of the pictures beside their nearest originals, one sheet (H, W, 3)."""
        return self._judge.nearest_sheet(fakes)

    @property
    def scale(self) -> dict[str, float]:
        """The judge's."""
        return self._judge.scale

    def judge(self, fakes: NDArray[np.uint8]) -> dict[str, float]:
        """The judge's numbers, and `families` (how many are still painted) and `evenness`."""
        if self._counter is None:
            self._counter = FamilyCounter(self._size)
        modes = self._counter.count(fakes)
        painted = len(FAMILIES) - len(modes.missing)
        return self._judge.judge(fakes) | {"families": painted, "evenness": modes.evenness}
