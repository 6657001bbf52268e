"""`--style`: re-colour and re-texture a photograph after a painting, before it is painted.

Two things are borrowed. Its colours: the linear map that carries the photograph's mean and
covariance onto the painting's with the least change (Monge–Kantorovich; Pitié & Kokaram 2007), in
Oklab. Its texture: the picture is moved until the statistics of EfficientNet-Lite0's maps are the
painting's (mean and standard deviation of each channel, Huang & Belongie 2017, and correlations,
Gatys et al. 2016) while their layout stays the photograph's.
"""

import math
from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from impasto.core.colour import from_oklab, to_oklab
from impasto.core.images import Picture
from impasto.models.pretrained import efficientnet_lite

Array = NDArray[np.float32]

TEXTURE_STAGES = (0, 1, 2)
CONTENT_STAGE = 3
LONGEST = 512
"""The texture is moved at this longer side; the difference is enlarged onto the picture."""

STEPS = 40
TEXTURE_WEIGHT = 30.0


def recolour(picture: Array, painting: Picture) -> Array:
    """Give a picture a painting's colours: (H, W, 3) in [0, 1] → the same."""
    photo, other = (to_oklab(x).reshape(-1, 3) for x in (picture, painting / 255))
    mean, wanted = photo.mean(0), other.mean(0)
    here = np.cov(photo.T) + 1e-6 * np.eye(3)
    there = np.cov(other.T) + 1e-6 * np.eye(3)
    root = _root(here)
    back = np.linalg.inv(root)
    carry = back @ _root(root @ there @ root) @ back
    moved = (photo - mean) @ carry + wanted
    return from_oklab(moved).astype(np.float32).reshape(picture.shape)


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric square root of a symmetric positive matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)


def retexture(
    picture: Array,
    painting: Picture,
    steps: int = STEPS,
    track: Callable[[range], Iterable[int]] = lambda steps: steps,
) -> Array:
    """Move a picture until its maps have a painting's statistics: (H, W, 3) in [0, 1] → the same.

    Args:
        picture: the photograph, best re-coloured before.
        painting: (H, W, 3), uint8.
        steps: of Adam.
        track: shows progress over the steps.
    """
    network = efficientnet_lite("lite0")
    start = _shrunk(torch.from_numpy(picture))
    with torch.no_grad():
        style = _shrunk(torch.from_numpy(painting.astype(np.float32) / 255))
        wanted = [_statistics(m) for m in network.stages(style * 2 - 1, TEXTURE_STAGES)]
        (content,) = network.stages(start * 2 - 1, (CONTENT_STAGE,))
        spread = content.var((0, 2, 3), keepdim=True) + 1e-4
    moving = start.clone().requires_grad_()
    adam = torch.optim.Adam([moving], lr=0.02, betas=(0.9, 0.99))
    for step in track(range(steps)):
        adam.param_groups[0]["lr"] = 0.02 * (0.55 + 0.45 * math.cos(math.pi * step / steps))
        *maps, layout = network.stages(moving * 2 - 1, (*TEXTURE_STAGES, CONTENT_STAGE))
        loss = ((layout - content).square() / spread).mean()
        for found, (mean, deviation, correlation) in zip(
            map(_statistics, maps), wanted, strict=True
        ):
            scale = deviation.square() + 1e-3
            loss = loss + TEXTURE_WEIGHT / len(maps) * (
                ((found[0] - mean).square() / scale).mean()
                + ((found[1] - deviation).square() / scale).mean()
                + (found[2] - correlation).square().mean()
            )
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        with torch.no_grad():
            moving.clamp_(0, 1)
    change = F.interpolate(moving.detach() - start, picture.shape[:2], mode="bicubic")
    moved = picture + change[0].permute(1, 2, 0).numpy()
    return np.asarray(np.clip(moved, 0, 1), np.float32)


def _shrunk(picture: Tensor) -> Tensor:
    """(H, W, 3) → (1, 3, h, w) with a longer side of at most `LONGEST`, sides of whole eights."""
    x = picture.permute(2, 0, 1)[None]
    scale = min(1.0, LONGEST / max(x.shape[-2:]))
    height, width = (max(32, 8 * round(side * scale / 8)) for side in x.shape[-2:])
    shrunk = F.interpolate(x, (height, width), mode="bicubic", antialias=True).clamp(0, 1)
    return shrunk.contiguous(memory_format=torch.channels_last)


def _statistics(maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(1, C, H, W) → each channel's mean and deviation (C,), and their correlations (C, C)."""
    flat = maps[0].flatten(1)
    mean, deviation = flat.mean(1), flat.std(1) + 1e-4
    even = (flat - mean[:, None]) / deviation[:, None]
    return mean, deviation, even @ even.T / even.shape[1]
