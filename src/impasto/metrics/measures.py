"""All that two sets of features tell about each other, and the floor: what originals reach.

The floor is the originals against themselves: one half plays the generated pictures, the other
half judges. KID and diversity do not depend on how many pictures there are, so they use all of
them. FID and the four overlaps do; they are taken on halves for generated pictures and for the
floor alike, once with each half of the originals as the judge, and averaged: the two columns can
be compared, and no original is left out.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.errors import ImpastoError
from impasto.metrics.distances import density_coverage, diversity, fid, kid, precision_recall

FeatureMatrix = NDArray[np.float32]
"""(pictures, numbers)."""

LEAST_REALS = 20
"""Fewer originals than this cannot be halved and still have neighbours."""

LEAST_FAKES = 10
"""Fewer generated pictures than this say nothing."""


@dataclass(frozen=True)
class Measures:
    """How near one set of pictures is to another, on one network's features."""

    kid: float
    """Kernel distance, unbiased: 0 is perfect, and as likely just below as just above it."""

    kid_error: float
    """Its standard error."""

    fid: float
    """Fréchet distance on halves: 0 is perfect; biased upwards for few pictures."""

    precision: float
    """Share of the pictures that lie where originals lie, 0–1."""

    recall: float
    """Share of originals that lie where the pictures lie, 0–1."""

    density: float
    """How densely originals lie about the pictures; 1 is as about originals, more is safer."""

    coverage: float
    """Share of originals with one of the pictures nearby, 0–1."""

    diversity: float
    """Mean distance between two pictures over that between two originals; 1 is as varied."""

    def named(self, network: str) -> dict[str, float]:
        """The same as `kid_lite0`, `kid_lite0_error` and so on, for this network's name."""
        values = asdict(self)
        error = values.pop("kid_error")
        named = {f"{name}_{network}": value for name, value in values.items()}
        return {f"kid_{network}": self.kid, f"kid_{network}_error": error} | named


def measure(reals: FeatureMatrix, fakes: FeatureMatrix, seed: int = 0) -> tuple[Measures, Measures]:
    """Generated pictures against the originals, and the originals against themselves.

    Args:
        reals: (N, D) features of at least `LEAST_REALS` originals.
        fakes: (M, D) features of at least `LEAST_FAKES` generated pictures; best M ≥ N.
        seed: how the originals are halved.

    Returns:
        The generated pictures' measures, and the floor. FID and the overlaps of both compare
        min(N // 2, M) pictures with N // 2 originals.

    Raises:
        ImpastoError: too few pictures, shapes that do not fit, or features that are not finite.
    """
    check_enough(len(reals), len(fakes))
    one, other = _halves(reals, seed)
    few = min(len(one), len(fakes))
    folds = [(one, fakes[:few]), (other, fakes[-few:])]
    against_itself = [(one, other[:few]), (other, one[:few])]
    return (
        _measures(reals, fakes, folds),
        _measures(one, other, against_itself),
    )


def check_enough(reals: int, fakes: int) -> None:
    """Say so before minutes of work, not after.

    Raises:
        ImpastoError: too few originals, which no other option brings, or too few of the others.
    """
    if reals < LEAST_REALS:
        raise ImpastoError(
            f"Measuring needs at least {LEAST_REALS} originals, and there are {reals}; name a "
            "larger set with --against."
        )
    if fakes < LEAST_FAKES:
        raise ImpastoError(
            f"Measuring needs at least {LEAST_FAKES} generated pictures, and there are {fakes}; "
            "raise --count for a generator, or add pictures to a folder."
        )


def _halves(reals: FeatureMatrix, seed: int) -> tuple[FeatureMatrix, FeatureMatrix]:
    """Two halves of equal size, drawn by chance; of an odd number one picture is left over."""
    order = np.random.default_rng(seed).permutation(len(reals))
    half = len(reals) // 2
    return reals[order[:half]], reals[order[half : 2 * half]]


def _measures(
    reals: FeatureMatrix,
    fakes: FeatureMatrix,
    folds: Sequence[tuple[FeatureMatrix, FeatureMatrix]],
) -> Measures:
    distance = kid(reals, fakes)
    overlaps = [(*precision_recall(*fold), *density_coverage(*fold)) for fold in folds]
    precision, recall, density, coverage = (float(x) for x in np.mean(overlaps, axis=0))
    return Measures(
        kid=distance.value,
        kid_error=distance.error,
        fid=float(np.mean([fid(*fold) for fold in folds])),
        precision=precision,
        recall=recall,
        density=density,
        coverage=coverage,
        diversity=diversity(reals, fakes),
    )
