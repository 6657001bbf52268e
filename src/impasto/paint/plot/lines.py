"""Strokes as lines in millimetres: centre lines for a brush, hatchings for a pen."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from impasto.brush.actions import HARDEST, controls, pressures
from impasto.core.console import track
from impasto.paint.document import Painting
from impasto.paint.plot.job import Line, Points
from impasto.paint.plot.sheet import Sheet
from impasto.paint.vector import plain_line

EXACT = 0.03
"""Millimetres by which a line may leave its curve."""

MOST_PIXELS = 3_000
"""Of the longer side of the map of what covers what."""

THINNEST = 0.15
"""Opacity below which a stroke is hatched no more thinly."""


@dataclass(frozen=True)
class Way:
    """One stroke in millimetres."""

    points: Points
    """(P, 2), its centre line."""

    normals: Points
    """(P, 2), of length 1."""

    pressure: NDArray[np.float64]
    """(P,), in [0, 1]."""

    width: float
    opacity: float

    @cached_property
    def along(self) -> NDArray[np.float64]:
        """(P,), millimetres from its beginning."""
        return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self.points, axis=0).T))])


def ways(painting: Painting, sheet: Sheet) -> list[Way]:
    """Every stroke of a painting on the canvas, as broad as it is drawn."""
    strokes, made = painting.strokes, []
    bezier = controls(strokes.geometry).astype(np.float64)
    side = strokes.squares[:, 2].astype(np.float64) * sheet.longer
    corner = strokes.squares[:, :2].astype(np.float64) * sheet.longer + (sheet.left, sheet.top)
    places = corner[:, None] + side[:, None, None] * bezier
    for i, three in enumerate(track(places, "measuring strokes", len(places), "strokes")):
        width, opacity = plain_line(strokes.geometry[i], painting.brush, painting.seed)
        bend = float(np.hypot(*(three[0] - 2 * three[1] + three[2])))
        # The pressure has corners at a quarter and three quarters.
        steps = 4 * max(1, int(np.ceil(np.sqrt(bend / (4 * EXACT)) / 4)))
        t = np.linspace(0, 1, steps + 1)[:, None]
        points = (1 - t) ** 2 * three[0] + 2 * t * (1 - t) * three[1] + t**2 * three[2]
        slope = 2 * (1 - t) * (three[1] - three[0]) + 2 * t * (three[2] - three[1])
        length = np.hypot(*slope.T)[:, None]
        slope = np.where(length > 1e-9, slope / np.maximum(length, 1e-9), (1.0, 0.0))
        force = pressures(strokes.geometry[i : i + 1], steps + 1)[0].astype(np.float64) / HARDEST
        normals = np.stack([-slope[:, 1], slope[:, 0]], 1)
        made.append(Way(points, normals, force, width * side[i] / 64, opacity))
    return made


def draw_line(
    pen: ImageDraw.ImageDraw, pixels: Points, ink: int | tuple[int, int, int], width: float
) -> None:
    """Draw a line with round joints and plain ends, broad lines without slits in their bends."""
    places = [(x, y) for x, y in pixels.tolist()]
    pen.line(places, ink, max(1, round(width)))
    if width > 3:
        half = width / 2
        for x, y in places[1:-1]:
            pen.ellipse((x - half, y - half, x + half, y + half), ink)


class Cover:
    """Which stroke lies on top, everywhere on the canvas."""

    def __init__(self, strokes: list[Way], sheet: Sheet, finest: float) -> None:
        """Lay all strokes over each other.

        Args:
            strokes: in their order.
            sheet: the canvas; beyond the painting's edge nothing is on top.
            finest: millimetres of a pixel of the map, where memory allows.
        """
        self.scale = min(MOST_PIXELS / sheet.longer, 1 / finest)
        self.corner = np.array([sheet.left, sheet.top])
        size = [max(1, round(side * self.scale)) for side in (sheet.across, sheet.down)]
        tops = Image.new("I", (size[0], size[1]), 0)
        pen = ImageDraw.Draw(tops)
        for number, way in enumerate(strokes, start=1):
            self._draw(pen, way, number, self.corner)
        self.top: NDArray[np.int32] = np.asarray(tops, np.int32) - 1
        """(H, W), a stroke's number from 0, or -1."""

    def _draw(
        self, pen: ImageDraw.ImageDraw, way: Way, value: int, corner: NDArray[np.float64]
    ) -> None:
        """The area that the stroke's hatching fills: a strip between its two sides."""
        half = max(way.width / 2, 0.5 / self.scale)
        sides = [(way.points + side * half * way.normals - corner) * self.scale for side in (1, -1)]
        for at in range(len(way.points) - 1):
            corners = (*sides[0][at : at + 2], *sides[1][at : at + 2][::-1])
            pen.polygon([(x, y) for x, y in corners], fill=value)

    def under(self, way: Way) -> NDArray[np.int32]:
        """What lies on top wherever this stroke is: one number a pixel."""
        reach = way.width / 2 + 2 / self.scale
        low = np.floor((way.points.min(0) - reach - self.corner) * self.scale).astype(int)
        high = np.ceil((way.points.max(0) + reach - self.corner) * self.scale).astype(int)
        low = np.maximum(low, 0)
        high = np.minimum(high, self.top.shape[::-1])
        if (high <= low).any():
            return np.zeros(0, np.int32)
        mask = Image.new("1", (int(high[0] - low[0]), int(high[1] - low[1])))
        self._draw(ImageDraw.Draw(mask), way, 1, self.corner + low / self.scale)
        return np.asarray(self.top[low[1] : high[1], low[0] : high[0]][np.asarray(mask)])

    def shows(self, points: Points, stroke: int) -> NDArray[np.bool_]:
        """Where a stroke is on top: (P,)."""
        columns, rows = np.floor((points - self.corner) * self.scale).astype(int).T
        height, width = self.top.shape
        inside = (columns >= 0) & (rows >= 0) & (columns < width) & (rows < height)
        seen = self.top[rows.clip(0, height - 1), columns.clip(0, width - 1)] == stroke
        return np.asarray(inside & seen)


def brushed(way: Way, stroke: int, sheet: Sheet) -> Iterator[Line]:
    """The centre line of a stroke, as much of it as lies on the painting."""
    low = np.array([sheet.left, sheet.top]) - 1e-9
    high = low + np.array([sheet.across, sheet.down]) + 2e-9
    places, fine = _finer(way, 10 * EXACT)
    force = _between(places, way, way.pressure)
    own = np.isin(places, way.along)
    inside = ((fine >= low) & (fine <= high)).all(axis=1)
    for run in _runs(np.asarray(inside)):
        kept = own[run].copy()
        kept[[0, -1]] = True
        yield Line(fine[run][kept], force[run][kept], way.width, stroke)


def hatched(way: Way, stroke: int, cover: Cover, pen: float, gap: float) -> Iterator[Line]:
    """Lines to and fro along a stroke, as much of them as no later stroke hides.

    Args:
        way: the stroke.
        stroke: its number.
        cover: of all strokes.
        pen: millimetres of the pen's line.
        gap: between two lines, in pens; farther apart where the stroke is thin paint.
    """
    room = max(0.0, way.width - pen)
    apart = pen * gap / max(way.opacity, THINNEST)
    count = 1 + round(room / apart)
    places, middle = _finer(way, 0.7 / cover.scale)
    normals = np.stack([_between(places, way, way.normals[:, axis]) for axis in (0, 1)], 1)
    held: Line | None = None
    for row, offset in enumerate(np.linspace(-room / 2, room / 2, count) if count > 1 else [0.0]):
        line = middle + offset * normals
        seen = cover.shows(line, stroke)
        # On the inner side of a tight bend a line would run back.
        folded = (np.diff(line, axis=0) * np.diff(middle, axis=0)).sum(1) < 0
        seen[1:] &= ~folded
        if row % 2:
            line, seen = line[::-1], seen[::-1]
        for run in _runs(seen):
            points = _thinned(line[run])
            piece = Line(points, np.ones(len(points)), pen, stroke)
            if held and np.hypot(*(held.points[-1] - points[0])) < 1.5 * apart:
                held = _one(held, piece)
                continue
            if held and held.length > pen:
                yield held
            held = piece
    if held and held.length > pen:
        yield held


def _one(first: Line, second: Line) -> Line:
    points = np.concatenate([first.points, second.points])
    return Line(points, np.ones(len(points)), first.width, first.stroke)


def _finer(way: Way, step: float) -> tuple[NDArray[np.float64], Points]:
    """The centre line with points at most `step` apart, its own among them.

    Returns:
        Millimetres along it (P,), and the points (P, 2).
    """
    places = np.union1d(way.along, np.arange(step, way.along[-1], step))
    return places, np.stack([_between(places, way, way.points[:, axis]) for axis in (0, 1)], 1)


def _between(
    places: NDArray[np.float64], way: Way, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.interp(places, way.along, values)


def _thinned(points: Points) -> Points:
    """The line without the points that it passes within `EXACT` anyway (Douglas and Peucker)."""
    keep = np.zeros(len(points), bool)
    keep[[0, -1]] = True
    todo = [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        chord = points[last] - points[first]
        away = points[first + 1 : last] - points[first]
        length = float(np.hypot(*chord))
        if length > 1e-9:
            distance = np.abs(away[:, 0] * chord[1] - away[:, 1] * chord[0]) / length
        else:
            distance = np.hypot(*away.T)
        far = int(distance.argmax())
        if distance[far] > EXACT:
            middle = first + 1 + far
            keep[middle] = True
            todo += [(first, middle), (middle, last)]
    return points[keep]


def _runs(seen: NDArray[np.bool_]) -> Iterator[slice]:
    """Stretches of at least two neighbouring points that are seen."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2).tolist():
        if last - first > 1:
            yield slice(first, last)
