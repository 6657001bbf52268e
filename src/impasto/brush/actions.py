"""A stroke as twelve numbers in [0, 1], and the curve that it follows.

The order is Nakano's (2019, "Neural Painters", arXiv 1904.08410) and that of the public
MyPaintBrushstrokes files. Coordinates are shares of the picture's side.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

POINTS = 100
"""Points at which the hand reports its position and pressure along one stroke."""

HARDEST = 0.8
"""The pen's pressure at an action's pressure of 1."""


class Action(NamedTuple):
    """Positions in the vector of twelve: `actions[:, ACTION.size]`."""

    pressure: int = 0
    size: int = 1
    control_x: int = 2
    control_y: int = 3
    end_x: int = 4
    end_y: int = 5
    red: int = 6
    green: int = 7
    blue: int = 8
    start_x: int = 9
    start_y: int = 10
    entry_pressure: int = 11


class Geometry(NamedTuple):
    """Positions in the vector of nine that is left without the colour."""

    pressure: int = 0
    size: int = 1
    control_x: int = 2
    control_y: int = 3
    end_x: int = 4
    end_y: int = 5
    start_x: int = 6
    start_y: int = 7
    entry_pressure: int = 8


ACTION, GEOMETRY = Action(), Geometry()
COLOUR_AT = slice(6, 9)
GEOMETRY_AT = (0, 1, 2, 3, 4, 5, 9, 10, 11)
"""Where the nine numbers of the geometry stand among the twelve."""


def geometry_of(actions: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, 12) → (N, 9), float32: the strokes without their colours."""
    return np.ascontiguousarray(actions[:, GEOMETRY_AT], dtype=np.float32)


def colours_of(actions: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, 12) → (N, 3), float32, red, green and blue in [0, 1]."""
    return np.ascontiguousarray(actions[:, COLOUR_AT], dtype=np.float32)


def join(geometry: NDArray[np.floating], colours: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, 9) and (N, 3) → (N, 12)."""
    actions = np.empty((len(geometry), 12), np.float32)
    actions[:, GEOMETRY_AT], actions[:, COLOUR_AT] = geometry, colours
    return actions


def random_actions(count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """(count, 12), uniform in [0, 1], as the public files were drawn."""
    return random.random((count, 12), dtype=np.float32)


def controls(geometry: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, 9) → (N, 3, 2): the three control points (x, y) of each quadratic Bézier curve.

    The action's "control" is a point of the curve itself, at t = ½: the Bézier's own control is
    as far again from the middle of the chord.
    """
    nine = np.asarray(geometry, np.float32)
    through, end, start = nine[:, 2:4], nine[:, 4:6], nine[:, 6:8]
    middle = (start + end) / 2
    return np.stack([start, middle + 2 * (through - middle), end], 1)


def curve(geometry: NDArray[np.floating], points: int = POINTS) -> NDArray[np.float32]:
    """Points along each stroke's path: (N, 9) → (N, points, 2), x and y as shares of the side."""
    t = np.linspace(0, 1, points, dtype=np.float32)
    weights = np.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2], 1)  # (points, 3)
    points_: NDArray[np.float32] = np.einsum("pk,nkc->npc", weights, controls(geometry))
    return points_


def pressures(geometry: NDArray[np.floating], points: int = POINTS) -> NDArray[np.float32]:
    """The pen's pressure along each stroke: (N, 9) → (N, points), in [0, `HARDEST`].

    From the entry pressure to the mean of both within the first quarter, then even, then to the
    final pressure within the last quarter.
    """
    nine = np.asarray(geometry, np.float32)
    t = np.linspace(0, 1, points, dtype=np.float32)[None]
    entry, last = nine[:, 8:9] * HARDEST, nine[:, 0:1] * HARDEST
    middle = (entry + last) / 2
    coming, going = np.minimum(t / 0.25, 1), np.maximum((t - 0.75) / 0.25, 0)
    force: NDArray[np.float32] = entry + (middle - entry) * coming + (last - middle) * going
    return force
