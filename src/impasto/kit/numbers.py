"""Where the numbers go: inside their regions where they fit, else beside them, with a line.

A number's place is the middle of the largest circle inside the region. What is too small even for
the smallest digits gets its number in the room of a neighbour, and a line to it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impasto.kit.libraries import cKDTree, ndimage
from impasto.kit.outlines import Line, Points
from impasto.kit.regions import Labels, borders, depth

DIGIT_WIDTH, DIGIT_HEIGHT = 0.556, 0.718
"""Of Helvetica's digits, in shares of the size of its type."""

LEAST_HEIGHT, MOST_HEIGHT = 1.2, 3.2
"""Millimetres of a digit's height: five points of type are 1.3."""

CLEARANCE = 0.3
"""Millimetres between a number and the middle of an outline."""

FARTHEST = 30.0
"""Millimetres that a line to a number may be long."""


@dataclass(frozen=True)
class Label:
    """A number on the plan, in millimetres."""

    region: int
    text: str
    x: float
    y: float
    """Its middle."""

    height: float
    """Of its digits."""

    room: float
    """Diameter of the largest circle in the region."""

    target: tuple[float, float] | None = None
    """For a number beside its region: where in it the line ends."""

    @property
    def size(self) -> float:
        """Of the type, in millimetres."""
        return self.height / DIGIT_HEIGHT

    @property
    def width(self) -> float:
        """Of its digits."""
        return DIGIT_WIDTH * len(self.text) * self.size

    @property
    def lead(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Where the line to a number beside its region begins and ends."""
        if self.target is None:
            return None
        way = np.array(self.target) - (self.x, self.y)
        free = (np.hypot(self.width, self.height) / 2 + CLEARANCE) / np.hypot(*way)
        x, y = (np.array([self.x, self.y]) + min(free, 1) * way).tolist()
        return (x, y), self.target


def place(regions: Labels, numbers: list[int], lines: list[Line], scale: float) -> list[Label]:
    """Give each region its number.

    Args:
        regions: (H, W), connected, from 0.
        numbers: of each region.
        lines: the outlines, in millimetres.
        scale: millimetres of a pixel.

    Returns:
        A label for each region, in their order; one whose height is 0 fits nowhere.
    """
    outline = cKDTree(np.concatenate([line.points() for line in lines]))
    middles = _middles(regions)
    places = (middles[:, ::-1] + 0.5) * scale
    radii = outline.query(places)[0]
    labels = [
        _inside(region, str(number), where, float(radius))
        for region, (number, where, radius) in enumerate(
            zip(numbers, places.tolist(), radii.tolist(), strict=True)
        )
    ]
    room = _Room(regions, outline, scale)
    for label in labels:
        room.take(label)
    return [label if label.height else room.beside(label) for label in labels]


def _inside(region: int, text: str, where: Points | list[float], radius: float) -> Label:
    """The number as large as it fits into the circle; of height 0 where it would be too small."""
    across = np.hypot(DIGIT_WIDTH * len(text), DIGIT_HEIGHT)
    height = 2 * max(radius - CLEARANCE, 0) / across * DIGIT_HEIGHT
    height = min(height, MOST_HEIGHT) if height >= LEAST_HEIGHT else 0.0
    return Label(region, text, float(where[0]), float(where[1]), float(height), 2 * radius)


def _middles(regions: Labels) -> NDArray[np.int64]:
    """(N, 2): row and column of each region's deepest pixel."""
    count = int(regions.max()) + 1
    return np.array(ndimage.maximum_position(depth(regions), regions, np.arange(count)), np.int64)


class _Room:
    """What is still free: pixels without an outline or a number."""

    def __init__(self, regions: Labels, outline: cKDTree, scale: float) -> None:
        self.scale, self.outline = scale, outline
        self.taken = borders(regions)
        self.taken[[0, -1], :] = self.taken[:, [0, -1]] = True
        self.written = np.zeros(regions.shape, bool)

    def take(self, label: Label) -> None:
        """Keep a number's place, and its line's, free of others."""
        if label.height:
            self.taken[self._box(label)] = self.written[self._box(label)] = True
        if label.target:
            self.taken[self._way(label)] = True

    def _way(self, label: Label) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The pixels under a number's line."""
        assert label.target is not None
        ends = np.array([[label.x, label.y], label.target]) / self.scale
        steps = max(2, int(2 * np.linalg.norm(ends[1] - ends[0])))
        columns, rows = np.linspace(ends[0], ends[1], steps).astype(np.int64).T
        return rows, columns

    def _box(self, label: Label) -> tuple[slice, slice]:
        around = CLEARANCE
        top, bottom = label.y - label.height / 2 - around, label.y + label.height / 2 + around
        left, right = label.x - label.width / 2 - around, label.x + label.width / 2 + around
        rows, columns = (
            slice(max(0, int(low / self.scale)), int(high / self.scale) + 1)
            for low, high in ((top, bottom), (left, right))
        )
        return rows, columns

    def beside(self, label: Label) -> Label:
        """The label at the nearest place with room for it, with a line; else as it is."""
        small = replace(label, height=LEAST_HEIGHT)
        need = (np.hypot(small.width, small.height) / 2 + 2 * CLEARANCE) / self.scale
        reach = int(FARTHEST / self.scale)
        row, column = int(label.y / self.scale), int(label.x / self.scale)
        top, left = max(0, row - reach), max(0, column - reach)
        window = self.taken[top : row + reach + 1, left : column + reach + 1]
        free = ndimage.distance_transform_edt(~window) - 0.5 >= need
        # What lies beyond the window is unknown, unless it is the picture's rim, which is taken.
        rows, columns = np.nonzero(free)
        if not len(rows):
            return label
        away = np.hypot(rows + top - row, columns + left - column)
        for at in np.argsort(away)[:200].tolist():
            x, y = (columns[at] + left + 0.5) * self.scale, (rows[at] + top + 0.5) * self.scale
            found = replace(small, x=float(x), y=float(y), target=(label.x, label.y))
            if away[at] * self.scale <= FARTHEST and self._clear(found):
                self.take(found)
                return found
        return label

    def _clear(self, label: Label) -> bool:
        """Whether it keeps off the outlines, and its line off other numbers."""
        need = np.hypot(label.width, label.height) / 2 + CLEARANCE
        nearest = float(self.outline.query([label.x, label.y])[0])
        return nearest >= need and not self.written[self._way(label)].any()
