"""Where a stroke's dabs fall, how large and how opaque: what libmypaint does between two points.

All lengths are in pixels of a 64-pixel picture, whatever size the stroke is drawn at.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from impasto.brush.actions import GEOMETRY, POINTS, curve, pressures
from impasto.brush.chance import table
from impasto.brush.settings import NO_SCATTER, BrushSettings

SIDE = 64
"""The side of the picture in pixels that the brushes' settings speak of."""

CHANCES = 4096
"""Length of the table of chance; a stroke with more dabs goes through it again."""

SMALLEST_DAB = 0.2

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


def dabs_of(geometry: Array, settings: BrushSettings, seed: int = 0) -> Dabs:
    """Where the dabs of each stroke lie, how large and how opaque: (N, 9) → dabs."""
    path, force = curve(geometry) * SIDE, pressures(geometry)
    # The hand's tremble is smoothed: each point keeps a little of the one before it.
    lag = np.float32(math.exp(-10 / settings.slow_tracking))
    path[:, 1:] += lag * (path[:, :-1] - path[:, 1:])
    steps = np.diff(path, axis=1)
    lengths = np.hypot(steps[..., 0], steps[..., 1])  # (N, POINTS − 1)
    quickness = _quickness(lengths) if settings.radius.speed else None
    logarithm = 2 * geometry[:, GEOMETRY.size] + settings.radius.base
    base = np.exp(logarithm)[:, None]
    swell = settings.radius.at(force, None, quickness) - settings.radius.base
    actual = base * np.exp((swell[:, 1:] + swell[:, :-1]) / 2)
    rate = settings.dabs_per_actual_radius / actual + settings.dabs_per_basic_radius / base
    stroke, number, cell, part = _places(lengths * rate)

    before = stroke * POINTS + cell
    x, y, pressure = (
        _between(values, before, part) for values in (path[..., 0], path[..., 1], force)
    )
    quick = None if quickness is None else _between(quickness, before, part)
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
    gamma = math.exp(4.0)
    slope = 0.015 * (45 + gamma)
    smooth = (lengths * np.float32(10)) @ _following()
    at_rest = 0.5 - slope * math.log(45 + gamma)
    gauge: Array = np.log(gamma + smooth) * np.float32(slope) + np.float32(at_rest)
    return gauge


@cache
def _following() -> Array:
    """(POINTS − 1, POINTS): how much each step's speed counts in the smoothed speed of a point."""
    follow = 1 - math.exp(-0.1 / 0.8)
    later = np.arange(POINTS)[:, None] - 1 - np.arange(POINTS - 1)[None]
    weights = np.where(later >= 0, follow * (1 - follow) ** np.maximum(later, 0), 0)
    return weights.T.astype(np.float32)


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
