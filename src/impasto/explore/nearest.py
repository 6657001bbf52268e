"""Samples beside the originals nearest to them: new paintings, or copies?"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from impasto.core.images import save
from impasto.data.dataset import Dataset, read_index
from impasto.errors import ImpastoError
from impasto.generate.conditions import paint
from impasto.generate.latents import Latent
from impasto.generate.sampler import LoadedGenerator
from impasto.generate.strips import labelled
from impasto.metrics.cache import dataset_features
from impasto.metrics.distances import nearest
from impasto.metrics.features import efficientnet, features_of
from impasto.metrics.judge import SIDE

YARDSTICK = 500
"""Originals whose own nearest other original gives the unit of distances."""

MOST_SAMPLES, MOST_NEIGHBOURS = 200, 12


class Nearest(NamedTuple):
    """One sample and its nearest originals."""

    sample: Latent
    originals: tuple[str, ...]
    """Their files, the nearest first."""

    distances: tuple[float, ...]
    """In units of the usual distance from an original to the original nearest to it."""


ALONE = "One original alone has no neighbours to compare with; name a larger set with --data."


def nearest_originals(
    generator: LoadedGenerator, latents: Sequence[Latent], originals: Dataset, k: int, path: Path
) -> list[Nearest]:
    """Draw a sheet: each sample, then its `k` nearest originals with their distances.

    Distances are of EfficientNet-Lite0's features, divided by the median distance from an original
    to the nearest other one: about 1 or more is as far apart as two paintings of the set are;
    far below 1 is nearly the same picture.

    Raises:
        ImpastoError: too many samples or neighbours, fewer originals than neighbours, or originals
            of another size than the samples.
    """
    if len(latents) > MOST_SAMPLES or not 1 <= k <= MOST_NEIGHBOURS:
        raise ImpastoError(
            f"A sheet shows at most {MOST_SAMPLES} samples with 1 to {MOST_NEIGHBOURS} neighbours."
        )
    if len(originals) < 2:
        raise ImpastoError(ALONE)
    pictures = np.concatenate(list(paint(generator, latents)))
    _check_alike(pictures, originals)  # before the network looks at every original
    extractor = efficientnet("lite0", SIDE)
    reals = dataset_features(originals, extractor)
    samples = features_of(pictures, extractor)
    found = nearest(samples, reals, k)
    unit = yardstick(reals)
    files = _files(originals)
    rows = [
        Nearest(latent, tuple(files[i] for i in indices), tuple(float(d) / unit for d in distances))
        for latent, indices, distances in zip(latents, *found, strict=True)
    ]
    beside = np.asarray(originals.pictures[found.indices.ravel()])
    save(_sheet(pictures, beside.reshape(len(rows), k, *beside.shape[1:]), rows), path)
    return rows


def yardstick(reals: NDArray[np.float32]) -> float:
    """The median distance from an original to the nearest other one: (N, D) features.

    Raises:
        ImpastoError: there are fewer than two originals, or they are all the same.
    """
    if len(reals) < 2:
        raise ImpastoError(ALONE)
    few = np.linspace(0, len(reals) - 1, min(YARDSTICK, len(reals))).astype(int)
    # Among all of them, as samples are compared: among few, the nearest one is further away.
    unit = float(np.median(nearest(reals[few], reals, 2).distances[:, 1]))  # the first is itself
    if unit <= 0:
        raise ImpastoError("Most originals are duplicates; remove them with impasto prepare.")
    return unit


def _check_alike(samples: NDArray[np.uint8], originals: Dataset) -> None:
    height, width = samples.shape[1:3]
    if (originals.height, originals.width) != (height, width):
        raise ImpastoError(
            "The originals and the generator's pictures differ in size; prepare them at "
            f"--size {width}x{height} and name that set."
        )


def _sheet(
    samples: NDArray[np.uint8], beside: NDArray[np.uint8], rows: Sequence[Nearest]
) -> NDArray[np.uint8]:
    table = np.concatenate([samples[:, None], beside], axis=1)
    words = [f"{row.sample.name}\n" + " · ".join(f"{d:.2f}" for d in row.distances) for row in rows]
    ranks = [f"nearest {n}" for n in range(1, beside.shape[1] + 1)]
    title = "Distances: 1 is that from an original to the nearest other original"
    return labelled(table, words, ["painted", *ranks], title)


def _files(originals: Dataset) -> list[str]:
    """Where each original came from; its row's number where the index does not tell."""
    try:
        names = [row.get("file") or "" for row in read_index(originals.folder)]
    except ImpastoError:
        names = []
    known = len(names) == len(originals)
    return names if known else [f"picture {number}" for number in range(len(originals))]
