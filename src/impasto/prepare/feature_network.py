"""The network that finds photographs, for whoever prepares a set; torch is not loaded here."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.core.parallel import cores
from impasto.prepare.photographs import Look

if TYPE_CHECKING:
    from impasto.core.threads import Threads


def feature_network() -> Look:
    """The feature network; torch is loaded only once there is something to look at."""

    chosen: list[Threads] = []

    def extract_features(views: NDArray[np.uint8]) -> NDArray[np.float32]:
        from impasto.core.threads import Threads
        from impasto.models.pretrained import texture_features

        if not chosen:  # the workers have the cores: more threads would mostly wait for each other
            chosen.append(Threads(max(1, cores() // 4)))
        with chosen[0].used():
            return texture_features(views)

    return extract_features
