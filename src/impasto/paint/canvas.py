"""The canvas: strokes really drawn and laid over each other, at any size, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.brush.choice import draw_one
from impasto.core.images import FILTER, Picture
from impasto.errors import ImpastoError
from impasto.paint.document import Painting, Strokes
from impasto.paint.strokes_file import LARGEST, Texture
from impasto.paint.weave import weave

BAND_PIXELS = 2**24
"""Pixels that are drawn at a time as floating point: 200 MB."""

Array = NDArray[np.float32]


Track = Callable[[Iterable[Array], int], Iterable[Array]]


@dataclass(frozen=True)
class Patch:
    """One stroke as it covers a rectangle of the canvas."""

    alpha: Array
    """(h, w), opacity in [0, 1]."""

    rows: slice
    columns: slice


def draw_patches(
    strokes: Strokes, brush: str, seed: int, longer: int, height: int, width: int, top: int = 0
) -> Iterator[Patch]:
    """Draw each stroke at its place.

    Args:
        strokes: in their order.
        brush: the brush's name.
        seed: of its texture.
        longer: pixels of the whole painting's longer side.
        height: rows of the canvas; what lies outside is cut off.
        width: columns of the canvas.
        top: the painting's row at which this canvas begins, for drawing in bands.

    Yields:
        As many patches as strokes; those that lie outside have no pixels.
    """
    for square, geometry in zip(strokes.squares, strokes.geometry, strict=True):
        left, upper, side = (float(value) * longer for value in square)
        column, row = round(left), round(upper)
        nine = geometry.copy()
        # A square may begin between two pixels; the stroke is moved by what rounding took.
        nine[2:8:2] += (left - column) / side
        nine[3:8:2] += (upper - row) / side
        seen = (top - row, top - row + height)
        alpha, up, sideways = draw_one(nine, brush, side / 64, seed, seen)
        yield _clipped(alpha, row + up - top, column + sideways, height, width)


def lay(canvas: Array, patch: Patch, colour: Array) -> None:
    """Paint one stroke over an (H, W, 3) canvas, in place: c ← c + α (colour − c)."""
    view = canvas[patch.rows, patch.columns]
    view += patch.alpha[..., None] * (colour - view)


def bare(
    painting: Painting, height: int, width: int, top: int = 0, whole: int | None = None
) -> Array:
    """The canvas before the first stroke, as it was begun: (H, W, 3), float32 in [0, 1].

    Args:
        painting: that is going to be on it.
        height: rows that are wanted.
        width: of the whole canvas.
        top: the first of those rows.
        whole: rows of the whole canvas, if they are not all wanted.
    """
    if painting.begun is None:
        return np.full((height, width, 3), painting.ground, np.float32)
    rows = painting.begun.shape[0] / (whole or height)
    box = (0.0, top * rows, float(painting.begun.shape[1]), (top + height) * rows)
    part = Image.fromarray(painting.begun).resize((width, height), FILTER, box)
    return np.asarray(part, np.float32) / np.float32(255)


def draw_painting(
    painting: Painting, longer: int | None = None, track: Track = lambda strokes, total: strokes
) -> Picture:
    """Draw every stroke again with its longer side at `longer` pixels: (H, W, 3), uint8.

    Strokes are drawn at that resolution, never enlarged. The picture is made in bands, so that
    memory beyond the picture itself does not grow with its size.

    Args:
        painting: what to draw.
        longer: pixels; as it was painted if not given.
        track: shows progress over the strokes, of which it is told the total.

    Raises:
        ImpastoError: larger than `LARGEST`.
    """
    longer = longer or painting.longer
    check_size(longer)
    width, height = painting.size_at(longer)
    picture = np.empty((height, width, 3), np.uint8)
    top = 0
    for band in draw_bands(painting, longer, track):
        picture[top : top + len(band)] = band
        top += len(band)
    return picture


def draw_bands(
    painting: Painting, longer: int, track: Track = lambda strokes, total: strokes
) -> Iterator[Picture]:
    """The same in bands from the top down, each (h, W, 3), uint8, with one in memory at a time."""
    check_size(longer)
    width, height = painting.size_at(longer)
    rows = max(1, BAND_PIXELS // width)
    tops = range(0, height, rows)
    touching = [painting.strokes[touch(painting.strokes, at, at + rows, longer)] for at in tops]
    colours = iter(track((c for some in touching for c in some.colours), sum(map(len, touching))))
    for top, strokes in zip(tops, touching, strict=True):
        bottom = min(top + rows, height)
        canvas = bare(painting, bottom - top, width, top, height)
        places = (longer, bottom - top, width, top)
        for patch in draw_patches(strokes, painting.brush, painting.seed, *places):
            lay(canvas, patch, next(colours))
        band = finished(canvas, painting.texture, longer, top)
        del canvas  # four times as large; the next one would lie beside it
        yield band
    next(colours, None)  # lets `track` say that it is done


def finished(canvas: Array, texture: Texture, longer: int, top: int = 0) -> Picture:
    """Rows of a canvas in their weave, of which they are shaded in place: (h, W, 3) → uint8.

    Args:
        canvas: in [0, 1].
        texture: what the canvas is made of.
        longer: pixels of the whole painting's longer side.
        top: the painting's row at which these begin.
    """
    rows, width = canvas.shape[:2]
    canvas *= weave(texture, range(top, top + rows), width, longer)[..., None]
    return to_bytes(canvas)


def check_size(longer: int) -> None:
    """Refuse a size that cannot be drawn.

    Raises:
        ImpastoError: larger than `LARGEST`.
    """
    if not 1 <= longer <= LARGEST:
        raise ImpastoError(f"--size {longer}: paintings are drawn at 1 to {LARGEST:,} pixels.")


def to_bytes(canvas: Array) -> Picture:
    """Float in [0, 1] → uint8."""
    clipped = np.clip(canvas, 0, 1)
    clipped *= 255
    return np.rint(clipped, out=clipped).astype(np.uint8)


def touch(strokes: Strokes, top: int, bottom: int, longer: int) -> NDArray[np.bool_]:
    """(N,): whose square, with the brush's reach around it, meets these rows of a painting."""
    upper, side = strokes.squares[:, 1], strokes.squares[:, 2]
    return np.asarray((upper - side < bottom / longer) & (upper + 2 * side > top / longer))


def _clipped(alpha: NDArray[np.uint8], top: int, left: int, height: int, width: int) -> Patch:
    bottom, right = top + alpha.shape[0], left + alpha.shape[1]
    rows = slice(min(max(top, 0), height), min(max(bottom, 0), height))
    columns = slice(min(max(left, 0), width), min(max(right, 0), width))
    seen = alpha[
        max(rows.start - top, 0) : max(rows.stop - top, 0),
        max(columns.start - left, 0) : max(columns.stop - left, 0),
    ]
    return Patch(seen.astype(np.float32) / np.float32(255), rows, columns)
