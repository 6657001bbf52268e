"""What a painting should be close in: pixels, or what a network sees in them, or both."""

import math

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
    return lambda painted, batch: pixel_loss(painted, batch) + perceptual_loss(painted, batch)


def perceptual_loss(painted: Tensor, batch: Batch) -> Tensor:
    """Distance of EfficientNet-Lite0's maps, each channel in its own standard deviations.

    Johnson et al. 2016, "Perceptual Losses for Real-Time Style Transfer", equation 2, with another
    network, and with channels made comparable as in LPIPS (Zhang et al. 2018).

    Args:
        painted: (W, 3, P), in [0, 1].
        batch: what it should be.

    Returns:
        A scalar, a sum over squares, in the unit of `pixel_loss`.
    """
    with torch.no_grad():
        wanted = _maps(batch.target, batch.care)
    pixels = painted.shape[-1]
    total = painted.new_zeros(())
    for seen, want in zip(_maps(painted, batch.care), wanted, strict=True):
        spread = want.var((0, 2, 3), keepdim=True) + 1e-4
        each = ((seen - want).square() / spread).mean((1, 2, 3))  # (W,)
        total = total + (each.clamp(max=100) * pixels * BALANCE).sum()
    return total / len(STAGES)


def _maps(squares: Tensor, care: Tensor) -> list[Tensor]:
    """(W, 3, P) → the stages' maps. Where nothing matters, all squares are grey alike."""
    side = math.isqrt(squares.shape[-1])
    seen = torch.where(care > 0, squares, 0.5).reshape(*squares.shape[:2], side, side)
    larger = F.interpolate(seen, (SEEN, SEEN), mode="bilinear")
    network = efficientnet_lite("lite0", str(squares.device))
    return network.stages((larger * 2 - 1).contiguous(memory_format=torch.channels_last), STAGES)
