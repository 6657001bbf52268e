"""Networks that enlarge without any weights, and pictures to enlarge."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from impasto.data.colourfield import paint
from impasto.upscale.networks import Enlarger


class Repeat:
    """Repeats every pixel, and remembers what it was shown."""

    def __init__(self, scale: int) -> None:
        self.scale = scale
        self.seen: list[tuple[int, int]] = []

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(tuple(x.shape[2:]))
        return F.interpolate(x, scale_factor=self.scale, mode="nearest")


@pytest.fixture
def repeating():
    """An enlarger by a factor, with a context of 3 pixels."""

    def repeating(scale: int, context: int | None = 3) -> Enlarger:
        return Enlarger("repeat", scale, Repeat(scale), context, torch.device("cpu"))

    return repeating


@pytest.fixture
def picture() -> np.ndarray:
    return paint(3, 64)[:50, :61]
