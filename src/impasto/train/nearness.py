"""How far a set is from what a base paints, and so how much of the base a training takes over.

Near sets take both networks. On sets that are far, such as colour fields, the base's discriminator
is too sure of what it learnt: there its generator with a new discriminator learns faster
(docs/log.md, "Far from what the base has seen").
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.console import say
from impasto.data.crop import fit_picture
from impasto.data.dataset import Dataset, some_rows
from impasto.generate.sampler import LoadedGenerator, paint_seeds
from impasto.generate.seeds import PLACED_BY
from impasto.metrics.cache import cache_file, dataset_features, remembered
from impasto.metrics.distances import kid
from impasto.metrics.features import efficientnet, features_of
from impasto.metrics.judge import SIDE

FAR = 0.5
"""KID-lite2@128 between a set and what a base paints, above which its discriminator stays behind.
Measured: impressionists .05, drawings .18, where taking over both networks is better; the built-in
colour fields .71, where it is worse."""

SAMPLES = 250
"""Pictures that the base paints to be compared."""

ORIGINALS = 1000
"""Pictures of the set that are compared at most."""

FEWEST = 10
"""Pictures of a set below which a distance says nothing."""


def distance_to(dataset: Dataset, generator: LoadedGenerator, name: str) -> float | None:
    """KID-lite2@128 between a set and samples of a generator; None if the set is too small.

    Features of both are kept beside the set. Larger pictures are reduced to the generator's size
    first, so that only what they show is compared.

    Args:
        dataset: the training's pictures.
        generator: of a base, with its card.
        name: its name, for people.
    """
    if len(dataset) < FEWEST or generator.card is None:
        return None
    extractor = efficientnet("lite2", SIDE)
    width, height = generator.card.model.width, generator.card.model.height
    rows = some_rows(len(dataset), ORIGINALS)
    if (dataset.width, dataset.height) == (width, height):
        reals = dataset_features(dataset, extractor, rows, quiet=True)
    else:
        reals = features_of(_reduced(dataset, rows, width, height), extractor, quiet=True)
    say(f"Comparing these pictures with what {name} paints.", style="dim")

    def look() -> NDArray[np.float32]:
        seeds = range(PLACED_BY, PLACED_BY + SAMPLES)
        return features_of(paint_seeds(generator, seeds), extractor, quiet=True)

    about = {"format": "impasto-features", "extractor": extractor.name, "of": generator.fingerprint}
    path = cache_file(dataset.folder, extractor).with_stem(f"features-{extractor.name}-{name}")
    fakes = remembered(path, about, (SAMPLES, extractor.dimensions), look)
    return kid(reals, fakes).value


def _reduced(
    dataset: Dataset, rows: NDArray[np.intp], width: int, height: int
) -> NDArray[np.uint8]:
    pictures = (Image.fromarray(dataset.pictures[row]) for row in rows)
    return np.stack(
        [np.asarray(fit_picture(picture, width, height, "crop")) for picture in pictures]
    )
