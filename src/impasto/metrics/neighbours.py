"""Which originals a generated picture is nearest to: is it a painting, or a copy?"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impasto.core.console import counted
from impasto.errors import ImpastoError
from impasto.metrics.distances import squared_distances


class Neighbours(NamedTuple):
    """For each sample its originals, the nearest first."""

    indices: NDArray[np.intp]
    """(samples, k): rows of the real features."""

    distances: NDArray[np.float64]
    """(samples, k): Euclidean, in the features' own unit."""


def nearest(samples: ArrayLike, reals: ArrayLike, k: int = 3) -> Neighbours:
    """The `k` real pictures whose features are nearest to each sample's.

    Args:
        samples: (N, D) features of generated pictures.
        reals: (M, D) features of the originals, by the same extractor.
        k: how many, 1 to M. Of equally near ones the first in order comes first.

    Raises:
        ImpastoError: `k` is not from 1 to M, or shapes do not fit.
    """
    count = len(np.asarray(reals))
    if not 1 <= k <= count:
        raise ImpastoError(
            f"There are no {counted(k, 'neighbour')} among {counted(count, 'original')}; ask for "
            f"fewer."
        )
    indices, distances = [], []
    for _, squares in squared_distances(samples, reals):
        # A full stable sort: argpartition would order ties by chance.
        order = np.argsort(squares, axis=1, kind="stable")[:, :k]
        indices.append(order)
        distances.append(np.sqrt(np.take_along_axis(squares, order, axis=1)))
    return Neighbours(np.concatenate(indices), np.concatenate(distances))
