"""How far a set is from what a base paints, and so how much of the base a training takes over.

Near sets take both networks. On sets that are far, such as colour fields, the base's discriminator
is too sure of what it learnt: there its generator with a new discriminator learns faster
(docs/log.md, "Far from what the base has seen").
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.console import say, track
from impasto.core.helping import Job, tell_all
from impasto.data.crop import fit_picture
from impasto.data.dataset import Dataset, some_rows
from impasto.generate.sampler import paint_seeds
from impasto.generate.seeds import PLACED_BY
from impasto.metrics.cache import (
    LOOKING,
    about_features,
    cache_file,
    dataset_features,
    remembered,
    rows_in_words,
)
from impasto.metrics.distances import kid
from impasto.metrics.features import Extractor, efficientnet, features_of
from impasto.metrics.judge import SIDE
from impasto.train.transfer import StartingPoint

FAR = 0.3
"""KID-lite2@128 between a set and what a base paints, above which its discriminator stays behind.
Measured, one set each: impressionists .10 (both networks are better), drawings .16 (both ways are
alike); photographs .41, drawings at 128² .41, pieces of one drawing .67, colour fields .74 (the
generator alone is better). Near sets hardly mind, so the estimate's error is not asked for."""

SAMPLES = 250
"""Pictures that the base paints to be compared."""

ORIGINALS = 1000
"""Pictures of the set that are compared at most."""

FEWEST = 10
"""Pictures of a set below which a distance says nothing."""


_known: dict[tuple[str, ...], float] = {}
"""Distances that this process has measured or was told."""


def distance_to(dataset: Dataset, rows: NDArray[np.intp], base: StartingPoint) -> float:
    """KID-lite2@128 between pictures of a set and samples of a generator.

    Larger pictures are reduced to the generator's size first, so that only what they show is
    compared. Features are kept beside the set. Of several processes only the leader measures.

    Args:
        dataset: the training's pictures.
        rows: those that are learnt, `FEWEST` or more; at most `ORIGINALS` of them are compared.
        base: whose generator paints the samples.
    """
    rows = rows[some_rows(len(rows), ORIGINALS)]
    key = dataset.fingerprint, rows_in_words(rows), base.generator.fingerprint
    if key not in _known:
        say(f"Comparing these pictures with what {base.name} paints.", style="dim")
        extractor = efficientnet("lite2", SIDE)
        fakes = _painted_features(base, dataset, extractor)
        reals = _features(dataset, rows, base, extractor)
        _known[key] = kid(reals, fakes).value
        tell_all(Job.DISTANCE, (key, _known[key]))
    return _known[key]


def note(found: tuple[tuple[str, ...], float]) -> None:
    """Note a distance that the leader has measured, so that this process need not and agrees."""
    key, distance = found
    _known[key] = distance


def _painted_features(
    base: StartingPoint, dataset: Dataset, extractor: Extractor
) -> NDArray[np.float32]:
    """Of what the base paints, kept beside the set."""

    def look() -> NDArray[np.float32]:
        seeds = range(PLACED_BY, PLACED_BY + SAMPLES)
        return features_of(paint_seeds(base.generator, seeds), extractor)

    about = about_features(extractor, of=base.generator.fingerprint, seeds=f"{PLACED_BY}+{SAMPLES}")
    path = cache_file(dataset.folder, extractor, base.name)
    return remembered(path, about, (SAMPLES, extractor.dimensions), look)


def _features(
    dataset: Dataset, rows: NDArray[np.intp], base: StartingPoint, extractor: Extractor
) -> NDArray[np.float32]:
    """Of a set's pictures at the base's size, kept beside the set."""
    width, height = base.card.model.width, base.card.model.height
    if (dataset.width, dataset.height) == (width, height):
        return dataset_features(dataset, extractor, rows)

    def look() -> NDArray[np.float32]:
        reduced = [
            np.asarray(fit_picture(Image.fromarray(dataset.pictures[row]), width, height, "crop"))
            for row in track(rows, "Reducing the originals", len(rows))
        ]
        return features_of(np.stack(reduced), extractor, what=LOOKING)

    size = f"{width}x{height}"
    about = about_features(
        extractor, fingerprint=dataset.fingerprint, rows=rows_in_words(rows), size=size
    )
    path = cache_file(dataset.folder, extractor, f"{len(rows)}-at-{size}")
    return remembered(path, about, (len(rows), extractor.dimensions), look)
