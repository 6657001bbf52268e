"""Enlarging tile by tile: memory depends on the tile, not on the picture, and no seam shows.

A tile is given to the network with some pixels around it, and only its inside is kept. Where the
surroundings reach as far as the network sees, the result is that of the whole picture.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from impasto.core.images import Picture
from impasto.core.threads import THREADS
from impasto.upscale.networks import Enlarger

TILE = 256
"""Side of a tile's inside. RRDB-23 then takes about a gigabyte."""


@dataclass(frozen=True)
class Span:
    """One tile along one side: what is kept, and what is shown to the network."""

    start: int
    end: int
    seen_start: int
    seen_end: int

    def inside(self, scale: int) -> slice:
        """Where the kept part lies in what the network returns."""
        return slice((self.start - self.seen_start) * scale, (self.end - self.seen_start) * scale)


def spans(length: int, tile: int, context: int | None) -> list[Span]:
    """Cut a side into equal tiles of at most `tile` pixels; in one if `context` is None."""
    if context is None:
        return [Span(0, length, 0, length)]
    count = math.ceil(length / tile)
    edges = [length * number // count for number in range(count + 1)]
    return [
        Span(start, end, max(0, start - context), min(length, end + context))
        for start, end in pairwise(edges)
    ]


def count_tiles(height: int, width: int, enlarger: Enlarger, tile: int = TILE) -> int:
    """How many tiles a picture takes, for a progress bar."""
    rows, columns = (spans(side, tile, enlarger.context) for side in (height, width))
    return len(rows) * len(columns)


@torch.inference_mode()
def enlarge_by_tiles(
    picture: Picture,
    enlarger: Enlarger,
    tile: int = TILE,
    done: Callable[[], None] = lambda: None,
    bf16: bool = False,
) -> Picture:
    """Enlarge a picture by the network's own factor.

    Args:
        picture: (H, W, 3), uint8.
        enlarger: the network.
        tile: side of a tile's inside in pixels.
        done: called after each tile.
        bf16: multiply in bf16.

    Returns:
        (scale·H, scale·W, 3), uint8.
    """
    height, width, _ = picture.shape
    scale = enlarger.scale
    result = np.empty((height * scale, width * scale, 3), np.uint8)
    for row, column in _pairs(height, width, tile, enlarger.context):
        THREADS.adjust(enlarger.device)
        seen = picture[row.seen_start : row.seen_end, column.seen_start : column.seen_end]
        enlarged = _run(enlarger, seen, bf16)[row.inside(scale), column.inside(scale)]
        rows = slice(row.start * scale, row.end * scale)
        result[rows, column.start * scale : column.end * scale] = enlarged
        done()
    return result


def _pairs(height: int, width: int, tile: int, context: int | None) -> Iterator[tuple[Span, Span]]:
    for row in spans(height, tile, context):
        for column in spans(width, tile, context):
            yield row, column


def _run(enlarger: Enlarger, seen: Picture, bf16: bool) -> NDArray[np.uint8]:
    """HWC uint8 → the network → HWC uint8."""
    device = enlarger.device
    x = torch.from_numpy(seen.copy()).to(device).permute(2, 0, 1)[None]
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        y = enlarger.network(x.float() / 255)
    levels = (y[0].float().clamp(0, 1) * 255).round().to(torch.uint8)
    return np.asarray(levels.permute(1, 2, 0).cpu().numpy())
