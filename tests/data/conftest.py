"""Pictures that the tests paint: smooth, busy enough to tell apart, never the same twice."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

LoadedGenerator = Callable[..., NDArray[np.uint8]]


def paint(seed: int, width: int = 96, height: int = 80) -> NDArray[np.uint8]:
    """A picture of soft coloured blobs: (height, width, 3)."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image)


@pytest.fixture
def painter() -> LoadedGenerator:
    """The function `paint(seed, width, height)`."""
    return paint
