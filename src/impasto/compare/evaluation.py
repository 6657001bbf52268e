"""Judge generated pictures: every measure, on every network, with its floor.

`evaluate_pictures` is the whole judgement as a function of two sets of pictures: `impasto
evaluate` and `impasto compare` both call it and differ only in where the pictures come from.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.data.dataset import Dataset
from impasto.evaluate.cache import dataset_features
from impasto.evaluate.features import Extractor, check_pictures, features_of, judging
from impasto.evaluate.measures import measure

NETWORKS = ("lite0", "lite2")
"""Who judges unless told otherwise: two networks, since a generator may fool one."""

FORMAT, VERSION = "impasto-evaluation", 1


def evaluate_pictures(
    fakes: NDArray[np.uint8],
    reals: Dataset | NDArray[np.uint8],
    *,
    networks: Sequence[str] = NETWORKS,
    seed: int = 0,
    quiet: bool = False,
) -> dict[str, Any]:
    """Measure generated pictures against the originals.

    Args:
        fakes: (N, H, W, 3), uint8, RGB; a memory map is read as it goes. Best as many as there
            are originals, or more.
        reals: a prepared set, whose features are kept beside it, or pictures like `fakes`.
        networks: feature networks by name, `lite0` and `lite2`.
        seed: how the originals are halved for the floor.
        quiet: no progress bars.

    Returns:
        Plain values for JSON. `metrics` has `kid_lite0`, `kid_lite0_error`, `fid_lite0`,
        `precision_…`, `recall_…`, `density_…`, `coverage_…`, `diversity_…` for each network
        (`evaluate.measures.Measures` says what they are); `floor` has the same for the originals'
        two halves; `features` what each network saw (`lite0@128`: at 128²).

    Raises:
        ImpastoError: too few pictures, or not pictures, or there is no such network.
    """
    check_pictures(fakes)
    side = max(fakes.shape[1:3])
    metrics: dict[str, float] = {}
    floor: dict[str, float] = {}
    extractors = {name: judging(name, side) for name in networks}
    for name, extractor in extractors.items():
        seen = features_of(fakes, extractor, quiet=quiet)
        originals = _real_features(reals, extractor, quiet)
        here, least = measure(originals, seen, seed)
        metrics |= here.named(name)
        floor |= least.named(name)
    return {
        "format": FORMAT,
        "version": VERSION,
        "pictures": {"generated": len(fakes), "originals": len(reals)},
        "features": {name: extractor.name for name, extractor in extractors.items()},
        "metrics": metrics,
        "floor": floor,
    }


def _real_features(
    reals: Dataset | NDArray[np.uint8], extractor: Extractor, quiet: bool
) -> NDArray[np.float32]:
    if isinstance(reals, Dataset):
        return dataset_features(reals, extractor, quiet=quiet)
    return features_of(reals, extractor, quiet=quiet)
