"""The embedded brush engine: strokes drawn dab by dab at any resolution, by NumPy alone.

It computes what libmypaint computes for the few settings of our brushes: dabs at even distances
along the curve, discs that fade outwards, scattered by chance, laid over each other. All lengths
are in pixels of a 64-pixel picture until they are multiplied by a scale, so a stroke has the same
dabs at every resolution: drawn larger it is sharper, never another one.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.brush.dabs import SIDE, Array, Dabs, dabs_of
from impasto.brush.settings import SETTINGS, BrushSettings

LARGEST_DAB = 40.0
"""Radius in pixels above which a stroke is drawn smaller and enlarged: a dab's soft rim is then
wider than a pixel of the small drawing, so that nothing is lost but time."""

FINEST = 2
"""Fine brushes are laid in pictures at least this many times as large as the settings speak of."""

Alpha = NDArray[np.uint8]
Rows = tuple[int, int]
"""The first and the one after the last, relative to the corner of a stroke's square."""


def draw(geometry: NDArray[np.floating], brush: str, size: int = SIDE, seed: int = 0) -> Alpha:
    """Draw each stroke on a picture of its own.

    Args:
        geometry: (N, 9), in [0, 1], see `actions.Geometry`.
        brush: a name of `settings.SETTINGS`.
        size: the pictures' side in pixels.
        seed: which stream of chance; the same stroke with the same seed has the same texture.

    Returns:
        Opacity (N, size, size), uint8.
    """
    geometry = np.asarray(geometry, np.float32)
    alphas = np.zeros((len(geometry), size, size), np.uint8)
    if size > 2 * SIDE:
        for alpha, nine in zip(alphas, geometry, strict=True):
            paste(alpha, *draw_one(nine, brush, size / SIDE, seed))
        return alphas
    settings = SETTINGS[brush]
    together = max(1, 2**16 // size**2)  # pictures that stay in the cache
    for first in range(0, len(geometry), together):
        some = geometry[first : first + together]
        dabs = dabs_of(some, settings, seed)
        alphas[first : first + len(some)] = _laid(
            dabs, len(some), size / SIDE, (0, 0, size, size), settings
        )
    return alphas


def draw_one(
    geometry: NDArray[np.floating],
    brush: str,
    scale: float,
    seed: int = 0,
    rows: Rows | None = None,
) -> tuple[Alpha, int, int]:
    """Draw one stroke on the smallest rectangle that holds it.

    Args:
        geometry: (9,); its coordinates may lie outside of [0, 1], its other numbers may not.
        brush: a name of `settings.SETTINGS`.
        scale: pixels to one sixty-fourth of the stroke's own square.
        seed: which stream of chance.
        rows: that are wanted; of a large stroke no others are made.

    Returns:
        Opacity (H, W), uint8, and the top and left of the rectangle in pixels, relative to the
        corner of the stroke's square; they may be negative.
    """
    settings = SETTINGS[brush]
    dabs = dabs_of(np.asarray(geometry, np.float32)[None], settings, seed)
    if not len(dabs.x):
        return np.zeros((0, 0), np.uint8), 0, 0
    smaller = max(1.0, float(dabs.radius.max()) * scale / LARGEST_DAB)
    times = scale / smaller
    reach = dabs.radius + settings.anti_aliasing / times
    (left, top), (right, bottom) = (
        [round_(float(edge(at + way * reach)) * times) + 2 * way for at in (dabs.x, dabs.y)]
        for round_, edge, way in ((math.floor, np.min, -1), (math.ceil, np.max, 1))
    )
    box = (top, left, bottom - top, right - left)
    alpha = _laid(dabs, 1, times, box, settings)[0]
    if smaller == 1.0:
        return alpha, top, left
    return enlarge(alpha, top, left, smaller, rows)


def paste(onto: Alpha, alpha: Alpha, top: int, left: int) -> None:
    """Copy the part of `alpha` that lies on the picture `onto` to its place there."""
    height, width = onto.shape
    first_row, first_column = max(0, -top), max(0, -left)
    last_row, last_column = min(alpha.shape[0], height - top), min(alpha.shape[1], width - left)
    if first_row < last_row and first_column < last_column:
        onto[top + first_row : top + last_row, left + first_column : left + last_column] = alpha[
            first_row:last_row, first_column:last_column
        ]


def _laid(
    dabs: Dabs, count: int, scale: float, box: tuple[int, int, int, int], settings: BrushSettings
) -> Alpha:
    """Dabs in pixels of the settings' size, laid on pictures of another.

    Bristles and grains are thinner than a pixel of a small picture, where they would run into
    each other: they are laid on a larger one, which is then averaged.

    Args:
        dabs: of `count` strokes.
        count: how many pictures.
        scale: pixels to one of the settings' pixels.
        box: top, left, height and width of the pictures in pixels.
        settings: the brush.

    Returns:
        Opacity (count, height, width), uint8.
    """
    top, left, height, width = box
    fine = max(1, math.ceil(FINEST / scale)) if settings.fine else 1
    larger = _scaled(dabs, scale * fine, settings)
    moved = replace(larger, x=larger.x - left * fine, y=larger.y - top * fine)
    alphas = _stamp(moved, count, height * fine, width * fine, soft=not settings.fine)
    if fine > 1:
        alphas = alphas.reshape(count, height, fine, width, fine).mean((2, 4), dtype=np.float32)
    return np.rint(alphas * 255).astype(np.uint8)


def _scaled(dabs: Dabs, scale: float, settings: BrushSettings) -> Dabs:
    """The same dabs in pixels of another size, their rims at least as wide as a pixel should be.

    A rim narrower than `anti_aliasing` pixels is widened so that the dab looks equally large.
    """
    radius, hardness = dabs.radius * np.float32(scale), dabs.hardness
    rim = np.float32(settings.anti_aliasing)
    if rim:
        half = radius * (1 + hardness) / 2  # the radius at which it looks to end
        sharp = radius * (1 - hardness) < rim
        softer = np.maximum((half - rim / 2) / (half + rim / 2), 1e-3)
        hardness = np.where(sharp, softer, hardness)
        radius = np.where(sharp, rim / (1 - softer), radius)
    scale32 = np.float32(scale)
    return Dabs(dabs.stroke, dabs.x * scale32, dabs.y * scale32, radius, dabs.opaque, hardness)


def _stamp(dabs: Dabs, count: int, height: int, width: int, *, soft: bool) -> Array:
    """Lay all dabs over each other: opacity (count, height, width), in [0, 1].

    Opacities combine as 1 − Π(1 − opacity): their logarithms add up, in any order. `soft` dabs
    of few pixels are drawn as libmypaint draws them, others as they are at the pixels' centres.
    """
    radius = np.ceil(dabs.radius).astype(np.int64)
    seen = (
        (dabs.x > -radius) & (dabs.x < width + radius)
        & (dabs.y > -radius) & (dabs.y < height + radius) & (dabs.opaque > 0)
    )  # fmt: skip
    margin = 2 * int(radius[seen].max(initial=0)) + 2
    wide = width + 2 * margin
    clear = np.zeros((count, height + 2 * margin, wide), np.float32)  # log of what shines through
    flat = clear.reshape(-1)
    for reach in np.unique(radius[seen]):
        chosen = np.nonzero(seen & (radius == reach))[0]
        side = 2 * reach + 1
        grid = np.arange(side)
        inside = (grid[:, None] * wide + grid).reshape(-1)
        for part in np.array_split(chosen, max(1, len(chosen) * side * side // 2**16)):
            x0 = np.floor(dabs.x[part]).astype(np.int64) - reach
            y0 = np.floor(dabs.y[part]).astype(np.int64) - reach
            logs = _profiles(dabs, part, x0, y0, int(side), soft=soft and reach <= 3)
            corner = (dabs.stroke[part] * clear.shape[1] + y0 + margin) * wide + x0 + margin
            if side > 24:  # slices are faster than scattering
                for at, log in zip(corner, logs, strict=True):
                    number, where = divmod(int(at), clear.shape[1] * wide)
                    row, column = divmod(where, wide)
                    clear[number, row : row + side, column : column + side] += log
            else:
                where = (corner[:, None] + inside).reshape(-1)
                # A count goes through the whole picture, adding at places does not.
                if len(where) > len(flat):
                    flat += np.bincount(where, logs.reshape(-1), len(flat))
                else:
                    np.add.at(flat, where, logs.reshape(-1))
    inner = clear[:, margin : margin + height, margin : margin + width]
    return 1 - np.exp(inner)


def _profiles(
    dabs: Dabs,
    part: NDArray[np.int64],
    x0: NDArray[np.int64],
    y0: NDArray[np.int64],
    side: int,
    *,
    soft: bool,
) -> Array:
    """log(1 − opacity) of some dabs of similar radius: (M, side, side)."""
    radius, hard = dabs.radius[part, None, None], dabs.hardness[part, None, None]
    grid = np.arange(side, dtype=np.float32) + 0.5
    dx = (x0 - dabs.x[part]).astype(np.float32)[:, None, None] + grid[None, None]
    dy = (y0 - dabs.y[part]).astype(np.float32)[:, None, None] + grid[None, :, None]
    square = _softened(dx, dy, radius) if soft else (dx**2 + dy**2) / radius**2
    # Two straight lines over the squared distance, meeting where it equals the hardness.
    inner, outer = 1 - square * (1 / hard - 1), hard / np.maximum(1 - hard, 1e-6) * (1 - square)
    full = np.where(square <= hard, inner, np.maximum(outer, 0))
    shines = 1 - dabs.opaque[part, None, None] * full
    return np.log(np.maximum(shines, 1e-5, out=shines), out=shines)


def _softened(dx: Array, dy: Array, radius: Array) -> Array:
    """The squared distance, in squared radii, as libmypaint takes it for dabs of few pixels.

    It weighs the pixel's nearest point against one that is farther by the radius of a disc of
    one pixel's area, along x only.
    """
    centre = (np.abs(dx) < 0.5) & (np.abs(dy) < 0.5)
    near_x = np.where(centre, 0, np.maximum(np.abs(dx) - 0.5, 0))
    rows = np.where(centre, 0, dy)
    near = (near_x**2 + rows**2) / radius**2
    far = ((near_x + np.float32(math.sqrt(1 / math.pi))) ** 2 + rows**2) / radius**2
    inside = far * radius**2 < np.maximum(radius - 1, 0) ** 2
    edge = 1 - (1 - near) / (1 + far - near)
    square: Array = np.where(near > 1, near, np.where(inside, (near + far) / 2, edge))
    return square


def enlarge(
    alpha: Alpha, top: int, left: int, times: float, rows: Rows | None = None
) -> tuple[Alpha, int, int]:
    """Enlarge a rectangle about the origin of its coordinates; only these rows of the result."""
    first_row, first_column = math.floor(top * times), math.floor(left * times)
    last_row = math.ceil((top + alpha.shape[0]) * times)
    last_column = math.ceil((left + alpha.shape[1]) * times)
    if rows:
        first_row, last_row = max(first_row, rows[0]), min(last_row, rows[1])
        if first_row >= last_row:
            return np.zeros((0, 0), np.uint8), 0, 0
    width, height = last_column - first_column, last_row - first_row
    affine = (1 / times, 0, first_column / times - left, 0, 1 / times, first_row / times - top)
    picture = Image.fromarray(alpha).transform(
        (width, height), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC
    )
    return np.asarray(picture), first_row, first_column
