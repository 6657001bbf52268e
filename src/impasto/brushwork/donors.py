"""Which few originals a picture has its paint from: those with places that look like its own."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from impasto.brushwork.bands import blurred, opponent

THUMB = 64
"""Pixels on the side of what is compared: the middle square of a picture."""

PATCHES, NUMBERS = 15 * 15, 24
"""Of a thumbnail: overlapping patches of 8 pixels, and what is known of each."""

DONORS = 16
"""Originals that one picture has its paint from, unless told otherwise."""

_AT_ONCE = 256
_NEVER = 1e9


def places_of(thumb: Tensor) -> Tensor:
    """(1, 3, THUMB, THUMB) in 0–1 → (PATCHES, NUMBERS): colours, detail and its direction.

    Of each quarter of a patch the mean colour, the strength of its edges, and twice the angle of
    these as a vector, so that both sides of a stroke count as one.
    """
    colours = opponent(thumb)
    light = colours[:, :1]
    across = F.pad(light[..., 1:] - light[..., :-1], (0, 1))
    down = F.pad(light[..., 1:, :] - light[..., :-1, :], (0, 0, 0, 1))
    strength = blurred(across.square() + down.square(), 1.5).clamp_min(1e-6).sqrt()
    direction = torch.cat([across.square() - down.square(), 2 * across * down], 1)
    direction = blurred(direction, 1.5) / strength
    maps = torch.cat([light, 2 * colours[:, 1:], 3 * strength, 2 * direction], 1)
    return F.unfold(F.avg_pool2d(maps, 4), 2)[0].T


def choose(
    thumb: Tensor, known: NDArray[np.float16], usable: NDArray[np.bool_], count: int
) -> list[tuple[int, bool]]:
    """Choose originals so that every place of a picture finds one like it in one of them.

    One after the other, each time the one that brings most; a mirrored original is another one.

    Args:
        thumb: (1, 3, THUMB, THUMB) in 0–1 of the picture.
        known: (originals, PATCHES, NUMBERS), see `places_of`; may be a memory map.
        usable: (originals,).
        count: how many, at most.

    Returns:
        Number and whether mirrored, the most useful first.
    """
    distances = torch.cat([_distances(each, known) for each in (thumb, thumb.flip(3))])
    both = torch.from_numpy(np.concatenate([usable, usable]))
    distances[~both] = _NEVER
    nearest = torch.full((distances.shape[1],), _NEVER)
    chosen: list[tuple[int, bool]] = []
    for _ in range(min(count, int(both.sum()))):
        total = torch.minimum(distances, nearest).sum(1)
        total[[number + len(known) * mirrored for number, mirrored in chosen]] = torch.inf
        total[~both] = torch.inf
        best = int(total.argmin())
        nearest = torch.minimum(nearest, distances[best])
        chosen.append((best % len(known), best >= len(known)))
    return chosen


def _distances(thumb: Tensor, known: NDArray[np.float16]) -> Tensor:
    """(originals, places of the picture): of each place, to the most alike in each original."""
    # Every second patch in both directions: each pixel is in one still.
    own = places_of(thumb).view(15, 15, NUMBERS)[::2, ::2].reshape(-1, NUMBERS)
    square = own.square().sum(1)
    return torch.cat(
        [
            (part.square().sum(2)[:, :, None] - 2 * (part @ own.T)).amin(1) + square
            for part in _parts(known)
        ]
    )


def _parts(known: NDArray[np.float16]) -> Iterator[Tensor]:
    for first in range(0, len(known), _AT_ONCE):
        yield torch.from_numpy(np.asarray(known[first : first + _AT_ONCE], np.float32))
