"""The embedded brush engine: strokes drawn dab by dab at any resolution, by NumPy alone.

It computes what libmypaint computes for the few settings of our brushes: dabs at even distances
along the curve, discs that fade outwards, scattered by chance, laid over each other. All lengths
are in pixels of a 64-pixel picture until they are multiplied by a scale, so a stroke has the same
dabs at every resolution: drawn larger it is sharper, never another one.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.paint.actions import GEOMETRY, POINTS, curve, pressures
from impasto.paint.chance import table
from impasto.paint.settings import NO_SCATTER, SETTINGS, BrushSettings

SIDE = 64
"""The side of the picture in pixels that the brushes' settings speak of."""

CHANCES = 4096
"""Length of the table of chance; a stroke with more dabs goes through it again."""

LARGEST_DAB = 40.0
"""Radius in pixels above which a stroke is drawn smaller and enlarged: a dab's soft rim is then
wider than a pixel of the small drawing, so that nothing is lost but time."""

SMALLEST_DAB = 0.2

FINEST = 2
"""Fine brushes are laid in pictures at least this many times as large as the settings speak of."""

Alpha = NDArray[np.uint8]
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Dabs:
    """The dabs of some strokes, one after the other; lengths in pixels of 64."""

    stroke: NDArray[np.int64]
    """Which stroke a dab belongs to, ascending."""

    x: Array
    y: Array
    radius: Array
    opaque: Array
    hardness: Array


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
    geometry: NDArray[np.floating], brush: str, scale: float, seed: int = 0
) -> tuple[Alpha, int, int]:
    """Draw one stroke on the smallest rectangle that holds it.

    Args:
        geometry: (9,); its coordinates may lie outside of [0, 1], its other numbers may not.
        brush: a name of `settings.SETTINGS`.
        scale: pixels to one sixty-fourth of the stroke's own square.
        seed: which stream of chance.

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
    return _enlarge(alpha, top, left, smaller)


def paste(onto: Alpha, alpha: Alpha, top: int, left: int) -> None:
    """Copy the part of `alpha` that lies on the picture `onto` to its place there."""
    height, width = onto.shape
    first_row, first_column = max(0, -top), max(0, -left)
    last_row, last_column = min(alpha.shape[0], height - top), min(alpha.shape[1], width - left)
    if first_row < last_row and first_column < last_column:
        onto[top + first_row : top + last_row, left + first_column : left + last_column] = alpha[
            first_row:last_row, first_column:last_column
        ]


def dabs_of(geometry: Array, settings: BrushSettings, seed: int = 0) -> Dabs:
    """Where the dabs of each stroke lie, how large and how opaque: (N, 9) → dabs."""
    path, force = curve(geometry) * SIDE, pressures(geometry)
    # The hand's tremble is smoothed: each point keeps a little of the one before it.
    lag = np.float32(math.exp(-10 / settings.slow_tracking))
    path[:, 1:] += lag * (path[:, :-1] - path[:, 1:])
    steps = np.diff(path, axis=1)
    lengths = np.hypot(steps[..., 0], steps[..., 1])  # (N, POINTS − 1)
    quickness = _quickness(lengths)
    logarithm = 2 * geometry[:, GEOMETRY.size] + settings.radius.base
    base = np.exp(logarithm)[:, None]
    swell = settings.radius.at(force, None, quickness) - settings.radius.base
    actual = base * np.exp((swell[:, 1:] + swell[:, :-1]) / 2)
    rate = settings.dabs_per_actual_radius / actual + settings.dabs_per_basic_radius / base
    stroke, number, cell, part = _places(lengths * rate)

    before = stroke * POINTS + cell
    x, y, pressure, quick = (
        _between(values, before, part) for values in (path[..., 0], path[..., 1], force, quickness)
    )
    chance = table(CHANCES, settings.scatter != NO_SCATTER, settings.radius_by_random > 0, seed)
    offset_x, offset_y, noise, fraction = chance[number % CHANCES].T
    added = settings.radius.at(pressure, fraction, quick) - settings.radius.base
    opaque = np.maximum(settings.opaque.at(pressure, fraction), 0) * pressure
    noisy = np.exp(settings.radius_by_random * noise)
    scatter = np.maximum(settings.scatter.at(pressure, fraction), 0) * base[stroke, 0]
    dabs = Dabs(
        stroke=stroke,
        x=x + scatter * offset_x,
        y=y + scatter * offset_y,
        radius=np.maximum(np.exp(logarithm[stroke] + added) * noisy, SMALLEST_DAB),
        opaque=_linear(opaque, settings) * np.minimum(noisy**-2, 1),
        hardness=settings.hardness.at(pressure, fraction),
    )
    if settings.bristles:
        at = stroke * (POINTS - 1) + cell
        ways = steps.reshape(-1, 2)[at] / np.maximum(lengths.reshape(-1)[at], 1e-6)[:, None]
        return _bristled(dabs, number, ways, base[stroke, 0], settings, chance)
    return dabs


def _bristled(
    dabs: Dabs,
    number: NDArray[np.int64],
    ways: Array,
    wide: Array,
    settings: BrushSettings,
    chance: Array,
) -> Dabs:
    """Give each dab to a bristle: beside the path, with paint and ends of the bristle's own.

    Args:
        dabs: dabs on the path, as wide as the whole brush.
        number: each dab's place in its stroke.
        ways: (M, 2), the path's direction there.
        wide: (M,), the brush's radius.
        settings: the brush.
        chance: the stream's table, for how bristles differ.
    """
    each = settings.bristles
    own = np.stack([chance[each + np.arange(each) * 3 + k, 3] for k in range(4)])  # in [0, 1)
    bristle = number % each
    aside = (bristle + own[0, bristle]) / each * 2 - 1  # −1 and 1 are the brush's edges
    paint = np.float32(0.3) + np.float32(0.7) * own[1, bristle]
    amount = np.bincount(dabs.stroke, minlength=1)[dabs.stroke]
    radii = np.float32(1 / settings.dabs_per_basic_radius)  # between two dabs, in brush radii
    down = (number * radii > own[2, bristle]) & ((amount - number) * radii > own[3, bristle])
    return Dabs(
        stroke=dabs.stroke,
        x=dabs.x - ways[:, 1] * aside * wide,
        y=dabs.y + ways[:, 0] * aside * wide,
        radius=np.maximum(dabs.radius * np.float32(2.9 / each), 0.5),
        opaque=np.where(down, np.minimum(dabs.opaque * paint, 1), 0).astype(np.float32),
        hardness=dabs.hardness,
    )


def _quickness(lengths: Array) -> Array:
    """MyPaint's "fine speed" at each point: (N, POINTS − 1) pixels a step → (N, POINTS).

    The speed in pixels a second (a step takes a tenth) is smoothed over .8 s and put on a
    logarithmic gauge that reads .5 at 45 pixels a second and rises there by .015 a pixel.
    """
    follow = 1 - math.exp(-0.1 / 0.8)
    later = np.arange(POINTS)[:, None] - 1 - np.arange(POINTS - 1)[None]
    weights = np.where(later >= 0, follow * (1 - follow) ** np.maximum(later, 0), 0)
    gamma = math.exp(4.0)
    slope = 0.015 * (45 + gamma)
    smooth = (lengths * np.float32(10)) @ weights.T.astype(np.float32)
    at_rest = 0.5 - slope * math.log(45 + gamma)
    gauge: Array = np.log(gamma + smooth) * np.float32(slope) + np.float32(at_rest)
    return gauge


def _places(todo: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Array]:
    """Where dabs fall: (N, POINTS − 1) dabs due a step → stroke, its number, step, part of step."""
    counted = np.zeros((len(todo), POINTS))
    np.cumsum(todo, 1, out=counted[:, 1:])
    amount = np.floor(counted[:, -1]).astype(np.int64)
    stroke = np.repeat(np.arange(len(todo)), amount)
    number = np.arange(amount.sum()) - np.repeat(np.cumsum(amount) - amount, amount)
    # One search for all strokes: each one's counts are lifted above those of the one before it.
    lift = np.cumsum(counted[:, -1] + 2) - counted[:, -1] - 2
    line = (counted + lift[:, None]).reshape(-1)
    wanted = number + 1 + lift[stroke]
    found = np.searchsorted(line, wanted, side="left") - 1
    cell = np.clip(found - stroke * POINTS, 0, POINTS - 2)
    at = stroke * POINTS + cell
    part = (wanted - line[at]) / np.maximum(line[at + 1] - line[at], 1e-9)
    return stroke, number, cell, np.clip(part, 0, 1).astype(np.float32)


def _between(values: Array, before: NDArray[np.int64], part: Array) -> Array:
    flat = np.ascontiguousarray(values).reshape(-1)
    return flat[before] + (flat[before + 1] - flat[before]) * part


def _linear(opaque: Array, settings: BrushSettings) -> Array:
    """The opacity of one dab so that the overlapping ones together reach `opaque`."""
    overlap = 2 * (settings.dabs_per_actual_radius + settings.dabs_per_basic_radius)
    times = 1 + settings.opaque_linearize * (max(overlap, 1) - 1)
    return 1 - (1 - np.clip(opaque, 0, 1)) ** np.float32(1 / times)


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


def _enlarge(alpha: Alpha, top: int, left: int, times: float) -> tuple[Alpha, int, int]:
    """Enlarge a rectangle about the origin of its coordinates."""
    first_row, first_column = math.floor(top * times), math.floor(left * times)
    last_row = math.ceil((top + alpha.shape[0]) * times)
    last_column = math.ceil((left + alpha.shape[1]) * times)
    width, height = last_column - first_column, last_row - first_row
    affine = (1 / times, 0, first_column / times - left, 0, 1 / times, first_row / times - top)
    picture = Image.fromarray(alpha).transform(
        (width, height), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC
    )
    return np.asarray(picture), first_row, first_column
