"""The brushes that come with Impasto: settings for the engine, and the network that learnt it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from impasto.brush.choice import known_brush, network_of
from impasto.brush.learnt import find_learnt, is_learnt
from impasto.brush.settings import SETTINGS, BrushSettings
from impasto.core.checkpoints import read_weights
from impasto.core.fitting import check_tensors, shapes_only
from impasto.models.strokes import StrokeNetwork

WEIGHTS = Path(__file__).parent / "weights"
LARGEST = 2**28
"""Bytes of a brush's network, at most: those here have 20 thousand."""

FIRST = "texture.0.weight"
"""The tensor that tells a network's width."""


@dataclass(frozen=True)
class Brush:
    """A brush ready to paint with."""

    name: str
    """By which its strokes are drawn."""

    summary: str
    settings: BrushSettings
    network: StrokeNetwork
    """In `eval` mode, its weights frozen: gradients flow to the geometry only."""


@cache
def load_brush(name: str) -> Brush:
    """A brush and its network; a MyPaint brush has that of the brush most like it.

    Args:
        name: as in `known_brush`.

    Raises:
        ImpastoError: there is no such brush.
    """
    if is_learnt(name):
        learnt = find_learnt(Path(name))
        settings = SETTINGS[learnt.brush]
        return Brush(
            learnt.brush, settings.summary, settings, read_network(learnt.weights, settings)
        )
    settings, near = known_brush(name), network_of(name)
    network = read_network(WEIGHTS / f"{near}.safetensors", SETTINGS[near])
    return Brush(name, settings.summary, settings, network)


def read_network(path: Path, settings: BrushSettings) -> StrokeNetwork:
    """A stroke network, of any width, from a file of weights that a stranger may have sent.

    Raises:
        ImpastoError: the file is missing, or its tensors are not those of a stroke network.
    """
    weights = read_weights(path, "a stroke network", LARGEST)
    first = weights.get(FIRST)
    width = len(first) if first is not None and first.dim() else 1
    with shapes_only():  # no memory before all shapes are known to fit
        network = StrokeNetwork(width, radius=settings.radius.base, sided=settings.bristles > 0)
    check_tensors(network.state_dict(), weights, str(path))
    whole = {name: weight.float() for name, weight in weights.items()}
    network.load_state_dict(whole, assign=True)
    return network.eval().requires_grad_(False)
