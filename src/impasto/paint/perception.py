"""What a painting should be close in: pixels, or what a network sees in them, or both."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.models.pretrained import efficientnet_lite
from impasto.paint.optimise import Batch, Loss, LossName, pixel_loss

STAGES = (0, 1, 2)
"""Maps at 1/2, 1/4 and 1/8 of the side: edges, textures, small shapes."""

SEEN = 64
"""Pixels to which a square is enlarged for the network, which was trained on larger things."""

BALANCE = 0.02
"""Squared error of a pixel's three channels that weighs as much as a change of every feature by
its standard deviation; with it, `both` follows each about half."""


def choose_loss(name: LossName) -> Loss:
    """The loss of that name, for `optimise.descend`."""
    if name == "pixels":
        return pixel_loss
    if name == "perceptual":
        return perceptual_loss
    return _both


def _both(batch: Batch) -> Callable[[Tensor], Tensor]:
    pixels, seen = pixel_loss(batch), perceptual_loss(batch)
    return lambda painted: pixels(painted) + seen(painted)


def perceptual_loss(batch: Batch) -> Callable[[Tensor], Tensor]:
    """Distance of EfficientNet-Lite0's maps, each channel in its own standard deviations.

    Johnson et al. 2016, "Perceptual Losses for Real-Time Style Transfer", equation 2, with another
    network, and with channels made comparable as in LPIPS (Zhang et al. 2018).

    Args:
        batch: what the squares should be.

    Returns:
        Of squares as painted, (W, 3, P) in [0, 1], a scalar: a sum over squares, in the unit of
        `pixel_loss`.
    """
    with torch.no_grad():
        wanted = _maps(batch.target, batch.care)
        spreads = [want.var((0, 2, 3), keepdim=True) + 1e-4 for want in wanted]

    def far(painted: Tensor) -> Tensor:
        pixels = painted.shape[-1]
        total = painted.new_zeros(())
        seen = _maps(painted, batch.care)
        for one, want, spread in zip(seen, wanted, spreads, strict=True):
            each = ((one - want).square() / spread).mean((1, 2, 3))  # (W,)
            total = total + (each.clamp(max=100) * pixels * BALANCE).sum()
        return total / len(STAGES)

    return far


def _maps(squares: Tensor, care: Tensor) -> list[Tensor]:
    """(W, 3, P) → the stages' maps. Where nothing matters, all squares are grey alike."""
    side = math.isqrt(squares.shape[-1])
    seen = torch.where(care > 0, squares, 0.5).reshape(*squares.shape[:2], side, side)
    larger = F.interpolate(seen, (SEEN, SEEN), mode="bilinear")
    network = efficientnet_lite("lite0", str(squares.device))
    return network.stages((larger * 2 - 1).contiguous(memory_format=torch.channels_last), STAGES)
