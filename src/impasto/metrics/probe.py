"""Can samples be told from originals? What a linear probe learns on some, tried on the others.

A distance between two clouds of features may be small though each sample gives itself away, or
large though the eye sees no worse pictures (docs/log.md has both). A probe asks the question a
person is asked: which of these is real? It is trained on four fifths of both and asked about the
rest, so it cannot know them by heart; beside it stand the originals' two halves, which nobody can
tell apart. One half is a guess, one is certainty.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impasto.data.dataset import some_rows
from impasto.errors import ImpastoError

FOLDS = 5

LEAST = 2 * FOLDS
"""Fewer pictures than this on a side cannot be cut into folds."""

MOST = 2_000
"""Pictures of each kind that are used: the cost grows with the cube."""

STIFFNESS = 0.3
"""Ridge on the kernel XXᵀ/D of standardised features, whose diagonal is about 1: between what
tells most on one network (1) and on formulas (0.1)."""


def told_apart(reals: Sequence[ArrayLike], fakes: Sequence[ArrayLike], seed: int = 0) -> float:
    """The share of held-out pictures that a ridge probe classifies correctly, about 0.5 to 1.

    Args:
        reals: features (N, D) of the same originals by one or more networks, each as loud.
        fakes: the same networks' features (M, D) of samples; as many of both kinds are used.
        seed: which, and how they are cut into folds.

    Raises:
        ImpastoError: fewer than ten of a kind, or features that do not fit.
    """
    pairs = [
        (np.asarray(x, np.float64), np.asarray(y, np.float64))
        for x, y in zip(reals, fakes, strict=True)
    ]
    count = min(*(len(each) for pair in pairs for each in pair), MOST)
    if count < LEAST or any(x.shape[1:] != y.shape[1:] or x.ndim != 2 for x, y in pairs):
        raise ImpastoError(
            f"Telling apart needs {LEAST} pictures of each kind, with features of one width."
        )
    chance = np.random.default_rng(seed)
    rows, others = (chance.permutation(some_rows(len(each), count, seed)) for each in pairs[0])
    both = [np.concatenate([x[rows], y[others]]) for x, y in pairs]
    fold = np.tile(np.arange(count) % FOLDS, 2)
    names = np.repeat([1.0, -1.0], count)
    right = [_right(both, names, fold == number) for number in range(FOLDS)]
    return float(np.concatenate(right).mean())


def halves_told_apart(reals: Sequence[ArrayLike], seed: int = 0) -> float:
    """The same for the originals' two halves: what a perfect generator would have, about 0.5."""
    each = [np.asarray(x) for x in reals]
    order = np.random.default_rng(seed).permutation(len(each[0]))
    half = len(order) // 2
    one, other = order[:half], order[half : 2 * half]
    return told_apart([x[one] for x in each], [x[other] for x in each], seed)


def _right(
    both: Sequence[NDArray[np.float64]], names: NDArray[np.float64], asked: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether each picture asked about is named rightly by what was learnt from the others."""
    kernel = np.mean([_kernel(features, asked) for features in both], axis=0)
    taught = kernel[np.ix_(~asked, ~asked)] + STIFFNESS * np.eye(int((~asked).sum()))
    answers = kernel[np.ix_(asked, ~asked)] @ np.linalg.solve(taught, names[~asked])
    return np.asarray(np.sign(answers) == names[asked])


def _kernel(features: NDArray[np.float64], asked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """XXᵀ/D of features that are standardised by the pictures that are learnt from."""
    taught = features[~asked]
    mean, spread = taught.mean(0), taught.std(0)
    used = spread > 1e-9
    scaled = (features[:, used] - mean[used]) / spread[used]
    return np.asarray(scaled @ scaled.T / max(1, int(used.sum())))
