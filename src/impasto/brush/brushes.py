"""The brushes that come with Impasto: settings for the engine, and the network that learnt it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from impasto.brush.choice import known_brush, network_of
from impasto.brush.settings import SETTINGS, BrushSettings
from impasto.core.checkpoints import read_weights
from impasto.core.fitting import load_weights
from impasto.models.strokes import StrokeNetwork

WEIGHTS = Path(__file__).parent / "weights"
LARGEST = 2**26
"""Bytes of a brush's network, at most: those here have 20 thousand."""


@dataclass(frozen=True)
class Brush:
    """A brush ready to paint with."""

    name: str
    summary: str
    settings: BrushSettings
    network: StrokeNetwork
    """In `eval` mode, its weights frozen: gradients flow to the geometry only."""


@cache
def load_brush(name: str) -> Brush:
    """A brush and its shipped network; a MyPaint brush has that of the brush most like it.

    Raises:
        ImpastoError: there is no such brush.
    """
    settings, near = known_brush(name), network_of(name)
    network = read_network(WEIGHTS / f"{near}.safetensors", SETTINGS[near])
    return Brush(name, settings.summary, settings, network)


def read_network(path: Path, settings: BrushSettings) -> StrokeNetwork:
    """A stroke network from a file of weights that a stranger may have sent.

    Raises:
        ImpastoError: the file is missing, or its tensors are not those of a stroke network.
    """
    network = StrokeNetwork(radius=settings.radius.base, sided=settings.bristles > 0)
    load_weights(network, read_weights(path, "a stroke network", LARGEST), str(path))
    return network.eval().requires_grad_(False)
