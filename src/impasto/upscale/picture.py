"""One picture, enlarged: any factor, transparency kept."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional as F

from impasto.core.images import FILTER, Picture
from impasto.core.paper import Print
from impasto.data.decode import to_array
from impasto.data.decode.sheet import stripes
from impasto.data.picture import read_file, say_if_animated
from impasto.errors import ImpastoError
from impasto.upscale.method import Job
from impasto.upscale.networks import Enlarger
from impasto.upscale.tiles import TILE, count_tiles, enlarge_by_tiles

MOST_FOR_PRINT = 16
"""Times that networks enlarge a picture for a print."""

MOST_PIXELS = 2**30
"""Pixels in the largest intermediate result: 3 GB as RGB."""

_FAR = 32
"""Pixels from which a transparent pixel may get its colour."""
_PART = 256
"""Side of the parts in which that is done: 200 bytes a pixel are needed there."""

Alpha = NDArray[np.uint8]
"""(H, W): 0 is transparent, 255 opaque."""


@dataclass(frozen=True)
class Settings:
    """How to enlarge."""

    enlarger: Enlarger
    scale: int
    """How many times wider and higher the result shall be."""

    tile: int = TILE
    bf16: bool = False
    paper: Print | None = None
    """Instead of a scale: what the result is to be printed on."""

    @property
    def key(self) -> str:
        """What makes one enlargement differ from another.

        Not the tile: who runs out of memory goes on with a smaller one where it stopped.
        """
        network = f"{self.enlarger.name} {self.enlarger.digest} {'bf16' if self.bf16 else 'fp32'}"
        return f"{network} {self.scale} {self.paper.name if self.paper else ''}"

    @property
    def dpi(self) -> float | None:
        """Dots an inch, where it is printed."""
        return self.paper.dpi if self.paper else None

    def work(self, width: int, height: int) -> int:
        """Tiles."""
        return work(height, width, self.of(width, height)[0])

    def make(self, job: Job, done: Callable[[float], None]) -> NDArray[np.uint8]:
        """Read a picture and enlarge it, see `Method`."""
        picture, alpha = read_picture(job.source)
        return enlarge(picture, self, alpha, lambda: done(1))

    def of(self, width: int, height: int) -> tuple["Settings", tuple[int, int]]:
        """For one picture: how often the network enlarges it, and the result's width and height.

        For a print the network enlarges at most `MOST_FOR_PRINT` times; beyond that a plain
        resize follows, since a network on its own result again and again draws only itself.
        """
        if self.paper is None:
            return self, (width * self.scale, height * self.scale)
        size = self.paper.pixels(width, height)
        needed = math.ceil(max(size[0] / width, size[1] / height))
        return replace(self, scale=max(1, min(needed, MOST_FOR_PRINT))), size


def read_picture(path: Path) -> tuple[Picture, Alpha | None]:
    """Decode a picture file, upright, with its transparency apart, in 8 bytes a pixel at most.

    Of an animation the first frame is read, which is said.

    Raises:
        ImpastoError: with the reason why it is no picture.
    """
    decoded = read_file(path, matte=None)
    say_if_animated(path, decoded)
    picture = to_array(decoded.image)
    decoded.image.close()  # its pixels are not needed beside the next copy
    if decoded.alpha is not None:
        spread(picture, decoded.alpha)
    return picture, decoded.alpha


def spread(picture: Picture, alpha: Alpha) -> None:
    """Give transparent pixels the colours around them, so that edges get no fringe.

    What a file holds under full transparency is arbitrary, often black; a network would mix it in.

    Args:
        picture: (H, W, 3); changed in its place, since what is transparent weighs nothing.
        alpha: (H, W).
    """
    height, width = alpha.shape
    visible = _visible(picture, alpha)
    for top in range(0, height, _PART):
        for left in range(0, width, _PART):
            inner = (slice(top, top + _PART), slice(left, left + _PART))
            if alpha[inner].all():
                continue
            first, start = max(0, top - _FAR), max(0, left - _FAR)
            around = (slice(first, top + _PART + _FAR), slice(start, left + _PART + _FAR))
            filled = _spread(picture[around], alpha[around], visible)
            part = picture[inner]
            down, right = top - first, left - start
            part[:] = filled[down : down + part.shape[0], right : right + part.shape[1]]


def _visible(picture: Picture, alpha: Alpha) -> torch.Tensor:
    """(1, 3, 1, 1): the mean colour of what can be seen."""
    total, weights = np.zeros(3), 0.0
    for top, bottom in stripes(alpha.shape[1], len(alpha)):
        weight = alpha[top:bottom].astype(np.float32)
        total += np.einsum("hwc,hw->c", picture[top:bottom].astype(np.float32), weight)
        weights += float(weight.sum())
    return torch.tensor(total / max(weights, 1e-6), dtype=torch.float32)[None, :, None, None]


def _spread(picture: Picture, alpha: Alpha, visible: torch.Tensor) -> Picture:
    weight = torch.from_numpy(alpha.astype(np.float32) / 255)[None, None]
    colours = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None]
    filled = visible.expand_as(colours)
    for radius in (_FAR, 8, 2):  # from far to near: the nearest colours win where there are any
        near = _mean(weight, radius)
        around = _mean(colours * weight, radius) / near.clamp(min=1e-6)
        filled = torch.where(near > 1e-3, around, filled)
    mixed = torch.where(weight > 0, colours, filled)
    return np.asarray(mixed[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy())


def _mean(x: torch.Tensor, radius: int) -> torch.Tensor:
    """Of the square around each pixel: along rows, then along columns."""
    side = 2 * radius + 1
    for kernel, padding in (((1, side), (0, radius)), ((side, 1), (radius, 0))):
        x = F.avg_pool2d(x, kernel, 1, padding, count_include_pad=False)
    return x


def passes(settings: Settings) -> int:
    """How many times the network must run on its own result."""
    reached, count = 1, 0
    while reached < settings.scale:
        reached, count = reached * settings.enlarger.scale, count + 1
    return count


def work(height: int, width: int, settings: Settings) -> int:
    """Tiles that a picture of this size takes, for a progress bar."""
    scale = settings.enlarger.scale
    return sum(
        count_tiles(height * scale**step, width * scale**step, settings.enlarger, settings.tile)
        for step in range(passes(settings))
    )


def enlarge(
    picture: Picture,
    settings: Settings,
    alpha: Alpha | None = None,
    done: Callable[[], None] = lambda: None,
) -> NDArray[np.uint8]:
    """Enlarge a picture by `settings.scale`.

    Where the network enlarges more than asked, one antialiased reduction follows; where less, it
    runs again on its own result.

    Args:
        picture: (H, W, 3), uint8.
        settings: how.
        alpha: (H, W); enlarged by the same network, as a grey picture.
        done: called after each tile.

    Returns:
        (scale·H, scale·W, 3), or 4 channels if there is an alpha; uint8.

    Raises:
        ImpastoError: the result would be too large to hold.
    """
    height, width, _ = picture.shape
    settings, size = settings.of(width, height)
    reached = settings.enlarger.scale ** passes(settings)
    if height * width * reached**2 > MOST_PIXELS:
        side = int((MOST_PIXELS / reached**2) ** 0.5)
        raise ImpastoError(
            f"A picture of {width}×{height} is too large to enlarge {reached} times; at most about "
            f"{side}×{side} can be held in memory; cut it into parts first."
        )
    result = _enlarge(picture, settings, size, done)
    if alpha is None:
        return result
    grey = np.repeat(alpha[..., None], 3, axis=2)
    return np.concatenate([result, _enlarge(grey, settings, size, done)[..., 1:2]], axis=2)


def _enlarge(
    picture: Picture, settings: Settings, wanted: tuple[int, int], done: Callable[[], None]
) -> Picture:
    result = picture
    for _ in range(passes(settings)):
        result = enlarge_by_tiles(result, settings.enlarger, settings.tile, done, settings.bf16)
    if (result.shape[1], result.shape[0]) == wanted:
        return result
    return np.asarray(Image.fromarray(result).resize(wanted, FILTER))
