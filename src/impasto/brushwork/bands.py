"""What patches are compared by, and what is copied of them.

A picture that is enlarged step by step lacks, at each step, the band of detail between the side
before and the side now. Originals have it: the difference between them and themselves made smaller
and larger again (Freeman, Jones and Pasztor 2002, "Example-based super-resolution"). Only that
band is copied, so what the picture shows stays, with its colours and contours.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

AROUND = 3.0
"""Pixels of the Gaussian within which a patch's contrast is told from its detail."""

REACH = 2
"""Pixels of a patch on each side of its cell."""

COMPONENTS = 12
"""Numbers that are left of a patch's detail."""

COLOUR, CONTRAST, LEAST = 3.0, 4.0, 0.03
"""Weights of a place's colour and contrast beside its detail; the contrast that is none."""

_TO_YCC = ((0.299, 0.587, 0.114), (-0.169, -0.331, 0.5), (0.5, -0.419, -0.081))

Sides = tuple[int, int]
"""Height and width."""


def resized(picture: Tensor, sides: Sides) -> Tensor:
    """(1, C, H, W) at other sides, bicubic, filtered where it becomes smaller."""
    if tuple(picture.shape[2:]) == sides:
        return picture
    return F.interpolate(picture, sides, mode="bicubic", antialias=True, align_corners=False)


def opponent(picture: Tensor) -> Tensor:
    """(1, 3, H, W) RGB to lightness and two differences of colour (ITU-R BT.601)."""
    return torch.einsum("ij,njhw->nihw", picture.new_tensor(_TO_YCC), picture)


def blurred(maps: Tensor, sigma: float) -> Tensor:
    """(1, C, H, W) under a Gaussian; beyond the rim it goes on as at the rim."""
    reach = max(1, round(3 * sigma))
    places = torch.arange(-reach, reach + 1.0)
    weights = torch.exp(-places.square() / (2 * sigma**2))
    weights = (weights / weights.sum()).to(maps)
    channels = maps.shape[1]
    for shape, pad in (
        ((1, 1, 1, -1), (reach, reach, 0, 0)),
        ((1, 1, -1, 1), (0, 0, reach, reach)),
    ):
        kernel = weights.view(shape).expand(channels, 1, *[-1, -1])
        maps = F.conv2d(F.pad(maps, pad, mode="replicate"), kernel, groups=channels)
    return maps


def contrast(picture: Tensor) -> Tensor:
    """(1, 3, H, W) → (1, 1, H, W): the deviation of lightness around each place."""
    light = opponent(picture)[:, :1]
    return blurred((light - blurred(light, AROUND)).square(), AROUND).clamp_min(0).sqrt()


def edges(picture: Tensor) -> Tensor:
    """(1, 3, H, W) → (1, 1, H, W): how steep lightness is around each place, over two pixels."""
    light = F.pad(blurred(opponent(picture)[:, :1], 1.0), (1, 1, 1, 1), mode="replicate")
    across = light[:, :, 1:-1, 2:] - light[:, :, 1:-1, :-2]
    down = light[:, :, 2:, 1:-1] - light[:, :, :-2, 1:-1]
    return blurred((across.square() + down.square()).sqrt(), 1.0)


@dataclass(frozen=True)
class Looks:
    """How the cells of a picture look to whoever compares them: rows of numbers, cell by cell."""

    detail: Tensor
    """(cells, pixels of a patch): lightness without mean and contrast."""

    place: Tensor
    """(cells, 4): colour and contrast."""

    grid: Sides

    def project(self, axes: Tensor) -> Tensor:
        """(cells, D): detail along `axes` (pixels of a patch, D − 4), and the place."""
        return torch.cat([self.detail @ axes, self.place], 1)


def looks_of(picture: Tensor, cell: int) -> Looks:
    """Describe every cell of `cell`×`cell` pixels by its surroundings.

    Args:
        picture: (1, 3, H, W) in 0–1, both sides multiples of `cell`.
        cell: side of a cell in pixels.
    """
    colours = opponent(picture)
    light = colours[:, :1]
    mean = blurred(light, AROUND)
    deviation = blurred((light - mean).square(), AROUND).clamp_min(0).sqrt()
    side = cell + 2 * REACH
    padded = F.pad((light - mean) / (deviation + LEAST), (REACH,) * 4, mode="replicate")
    detail = F.unfold(padded, side, stride=cell)[0].T / side
    smooth = blurred(colours, 1.5) * picture.new_tensor([1.0, 2.0, 2.0]).view(1, 3, 1, 1) * COLOUR
    place = F.avg_pool2d(torch.cat([smooth, CONTRAST * deviation], 1), cell)
    grid = place.shape[2], place.shape[3]
    return Looks(detail.contiguous(), place.flatten(2)[0].T.contiguous(), grid)


def axes_of(details: Tensor) -> Tensor:
    """The directions in which patches differ most: (cells, pixels) → (pixels, COMPONENTS)."""
    few = details[:: max(1, len(details) // 20_000)].double()
    _, axes = torch.linalg.eigh(few.T @ few)
    axes = axes[:, -COMPONENTS:]
    signs = torch.where(axes.sum(0) < 0, -1.0, 1.0)  # eigenvectors have none of their own
    return torch.as_tensor(axes * signs, dtype=details.dtype)


def cut(maps: Tensor, cell: int) -> Tensor:
    """(1, C, H, W) → (cells, C·cell²): each cell's pixels in a row."""
    return F.pixel_unshuffle(maps, cell).flatten(2)[0].T.contiguous()


def join(rows: Tensor, grid: Sides, cell: int) -> Tensor:
    """What `cut` took apart: (cells, C·cell²) → (1, C, H, W)."""
    return F.pixel_shuffle(rows.T.reshape(1, -1, *grid), cell)
