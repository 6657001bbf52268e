"""How far one set of feature vectors is from another: pure functions on matrices.

Each takes `reals` (N, D) and `fakes` (M, D), any real dtype, computes in float64, and knows no
network: a number is only comparable with one on the same features (write `KID-lite0`, not KID).
No matrix larger than `ROWS` × N is ever held.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impasto.core.console import counted
from impasto.errors import ImpastoError

Features = NDArray[np.float64]
"""(pictures, numbers)."""

ROWS = 1024
"""Rows of a distance or kernel matrix that are held at once: 80 MB against 10,000 pictures."""


class Estimate(NamedTuple):
    """A number and its standard error."""

    value: float
    error: float


def kid(reals: ArrayLike, fakes: ArrayLike) -> Estimate:
    """Kernel distance: MMD² with the kernel (x·y/D + 1)³ (Bińkowski et al. 2018, section 4).

    The unbiased estimate from all pairs (Gretton et al. 2012, lemma 6), so no subset size
    changes it, and a perfect set scores below zero half of the time. Its standard error is the
    two-sample jackknife over pictures, which the same row sums give at no further cost. It
    covers the choice of both the reals and the fakes; where the sets are alike, so that the
    estimate degenerates, it is about half as large again as it need be.

    Raises:
        ImpastoError: fewer than three pictures on a side, or shapes that do not fit.
    """
    x, y = _pair(reals, fakes, least=3)
    m, n = len(x), len(y)
    xx, yy = _kernel_sums(x, x), _kernel_sums(y, y)
    xy, yx = _kernel_sums(x, y), _kernel_sums(y, x)
    xx -= _kernel_diagonal(x)
    yy -= _kernel_diagonal(y)
    within_x, within_y, between = xx.sum(), yy.sum(), xy.sum()
    value = within_x / (m * (m - 1)) + within_y / (n * (n - 1)) - 2 * between / (m * n)
    # The estimate without picture i: its row and column leave each double sum.
    without_x = (within_x - 2 * xx) / ((m - 1) * (m - 2)) - 2 * (between - xy) / ((m - 1) * n)
    without_y = (within_y - 2 * yy) / ((n - 1) * (n - 2)) - 2 * (between - yx) / (m * (n - 1))
    variance = (m - 1) * without_x.var() + (n - 1) * without_y.var()
    return Estimate(float(value), float(np.sqrt(variance)))


def fid(reals: ArrayLike, fakes: ArrayLike) -> float:
    """Fréchet distance of two Gaussians fitted to the features (Heusel et al. 2017, eq. 6).

    |μ₁−μ₂|² + Tr Σ₁ + Tr Σ₂ − 2 Tr (Σ₁Σ₂)^½. With Σᵢ = RᵢᵀRᵢ the last trace is the sum of the
    singular values of R₁R₂ᵀ: no square root of a product that is not symmetric, hence no
    imaginary parts and no offset on the diagonal, also where there are fewer pictures than
    numbers. It is biased upwards for few pictures: compare only equal counts.

    Raises:
        ImpastoError: fewer than two pictures on a side, or shapes that do not fit.
    """
    x, y = _pair(reals, fakes, least=2)
    shift = x.mean(axis=0) - y.mean(axis=0)
    root_x, root_y = _covariance_root(x), _covariance_root(y)
    shared = np.linalg.svd(root_x @ root_y.T, compute_uv=False).sum()
    spread = (root_x**2).sum() + (root_y**2).sum()
    return float(max(0.0, shift @ shift + spread - 2 * shared))


class Overlap(NamedTuple):
    """How far two sets of features overlap."""

    fidelity: float
    """How well the fakes lie among the reals: precision or density."""

    coverage: float
    """Share of the reals that have fakes nearby: recall or coverage."""


def precision_recall(reals: ArrayLike, fakes: ArrayLike, k: int = 3) -> Overlap:
    """Precision and recall by k-nearest-neighbour balls (Kynkäänniemi et al. 2019, eq. 1–2).

    `fidelity` is precision, the share of fakes within a real's ball; `coverage` is recall, the
    share of reals within a fake's ball. A ball reaches to the k-th nearest of its own set.

    Raises:
        ImpastoError: not more than `k` pictures on a side, or shapes that do not fit.
    """
    x, y = _pair(reals, fakes, least=k + 1)
    return Overlap(_share_within(y, x, _radii(x, k)), _share_within(x, y, _radii(y, k)))


def density_coverage(reals: ArrayLike, fakes: ArrayLike, k: int = 5) -> Overlap:
    """Density and coverage (Naeem et al. 2020, section 3): sturdier against outliers.

    `fidelity` is density: how many reals' balls a fake lies in, over k (it may exceed 1);
    `coverage` is the share of reals with a fake in their ball.

    Raises:
        ImpastoError: not more than `k` pictures on a side, or shapes that do not fit.
    """
    x, y = _pair(reals, fakes, least=k + 1)
    radii = _radii(x, k)
    hits, covered = 0, 0
    for rows, squares in _squares(x, y):
        inside = squares <= radii[rows, None]
        hits += int(inside.sum())
        covered += int(inside.any(axis=1).sum())
    return Overlap(hits / (k * len(y)), covered / len(x))


def diversity(reals: ArrayLike, fakes: ArrayLike) -> float:
    """Mean distance between two fakes over the mean distance between two reals.

    1 is as varied as the reals, 0 is one picture again and again. It sees collapse from a few
    hundred pictures, where recall is still too noisy; it does not see whether they are good.

    Raises:
        ImpastoError: fewer than two pictures on a side, shapes that do not fit, or reals that
            are all the same.
    """
    x, y = _pair(reals, fakes, least=2)
    spread = mean_distance(x)
    if spread == 0:
        raise ImpastoError("Diversity needs originals that differ; these are all the same.")
    return mean_distance(y) / spread


def mean_distance(features: ArrayLike) -> float:
    """The mean Euclidean distance between two different rows of (N, D)."""
    x = _matrix(features, least=2)
    total = 0.0
    for rows, squares in _squares(x, x):
        squares[np.arange(len(rows)), rows] = 0.0  # rounding, not a distance
        total += float(np.sqrt(squares).sum())
    return total / (len(x) * (len(x) - 1))


def squared_distances(x: ArrayLike, y: ArrayLike) -> Iterator[tuple[NDArray[np.intp], Features]]:
    """Row numbers of x and their squared Euclidean distances to all of y, `ROWS` at a time.

    Raises:
        ImpastoError: a side is empty, or shapes do not fit.
    """
    yield from _squares(*_pair(x, y, least=1))


def _pair(reals: ArrayLike, fakes: ArrayLike, least: int) -> tuple[Features, Features]:
    x, y = _matrix(reals, least), _matrix(fakes, least)
    if x.shape[1] != y.shape[1]:
        raise ImpastoError(
            f"Real and generated features must be alike; these have {x.shape[1]} and "
            f"{y.shape[1]} values a picture: use one extractor for both."
        )
    return x, y


def _matrix(features: ArrayLike, least: int) -> Features:
    x = np.asarray(features, dtype=np.float64)
    if x.ndim != 2 or not x.shape[1]:
        raise ImpastoError(f"Features must be a matrix, pictures by numbers, not {x.shape}.")
    if len(x) < least:
        raise ImpastoError(
            f"This measure needs at least {least} pictures on each side and has {len(x)}; "
            "use more pictures."
        )
    if not np.isfinite(x).all():
        raise ImpastoError("Features must be finite numbers; some of these are NaN or infinite.")
    return x


def _chunks(count: int) -> Iterator[NDArray[np.intp]]:
    for start in range(0, count, ROWS):
        yield np.arange(start, min(start + ROWS, count))


def _kernel_sums(x: Features, y: Features) -> Features:
    """Σⱼ k(xᵢ, yⱼ) for every i."""
    sums = [((x[rows] @ y.T / x.shape[1] + 1) ** 3).sum(axis=1) for rows in _chunks(len(x))]
    return np.concatenate(sums)


def _kernel_diagonal(x: Features) -> Features:
    return np.asarray((np.einsum("nd,nd->n", x, x) / x.shape[1] + 1) ** 3)


def _covariance_root(x: Features) -> Features:
    """R with RᵀR the unbiased covariance, of as few rows as will do."""
    centred: Features = (x - x.mean(axis=0)) / np.sqrt(len(x) - 1)
    if len(x) <= x.shape[1]:
        return centred
    values, vectors = np.linalg.eigh(centred.T @ centred)
    return np.asarray(np.sqrt(np.maximum(values, 0))[:, None] * vectors.T)


def _squares(x: Features, y: Features) -> Iterator[tuple[NDArray[np.intp], Features]]:
    of_y = np.einsum("nd,nd->n", y, y)
    for rows in _chunks(len(x)):
        part = x[rows]
        squares: Features = np.einsum("nd,nd->n", part, part)[:, None] + of_y - 2 * part @ y.T
        yield rows, np.maximum(squares, 0, out=squares)


def _radii(x: Features, k: int) -> Features:
    """The squared distance from each row to its k-th nearest other row."""
    radii = np.empty(len(x))
    for rows, squares in _squares(x, x):
        squares[np.arange(len(rows)), rows] = np.inf  # not its own neighbour
        radii[rows] = np.partition(squares, k - 1, axis=1)[:, k - 1]
    return radii


def _share_within(points: Features, centres: Features, radii: Features) -> float:
    """The share of points that lie in the ball of at least one centre."""
    inside = [(squares <= radii).any(axis=1) for _, squares in _squares(points, centres)]
    return float(np.concatenate(inside).mean())


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
