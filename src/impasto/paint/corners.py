"""Where a canvas is on a photograph of it: the four lines that most look like its sides.

Edges vote for lines (Hough; Duda & Hart 1972, by their gradient's direction), and of all that two
upright and two level lines enclose the quadrilateral is taken whose sides are edges all along, and
end where they meet. A wrong answer is worse than none: where a side goes on beyond its corner, or
stops before it, or another quadrilateral is as good, none is given.
"""

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.images import FILTER, Picture

Points = NDArray[np.float64]

LONGER = 480
"""Pixels of the longer side of the picture that is searched."""

LINES = 14
"""Lines that are tried of each direction."""

FAINTEST = 4.0
"""Grey levels, over two pixels, of an edge."""

NEAR, TURNED = 2.0, 12.0
"""How far, in pixels and degrees, an edge may be from a line that it belongs to."""

SMALLEST = 0.1
"""Of the photograph's area, at least, is a canvas."""

COVERED, WHOLE = 0.5, 0.72
"""How much of a side must be an edge, and of all four together."""

END = 0.1
"""Of a side's length is looked at before and behind each of its corners."""

STOPS, GOES_ON = 0.5, 0.4
"""How much of that before a corner should be an edge at least, and behind it at most."""

DOUBTFUL = 0.55
"""How far all eight ends of a quadrilateral's sides together may be from that."""

RIVAL, ELSEWHERE = 0.92, 0.02
"""A share of the best score from which on another quadrilateral is as good, if one of its corners
is this share of the picture's longer side away."""

LIKELIEST = 24
"""Quadrilaterals whose ends are looked at."""

MISSHAPEN = 0.3
"""By how much, as a logarithm, a canvas's shape may be foreshortened at a third of the score."""


def find_corners(picture: Picture, aspect: float) -> Points | None:
    """Find a canvas.

    Args:
        picture: (H, W, 3), uint8: a photograph that shows it whole.
        aspect: its width divided by its height.

    Returns:
        (4, 2), x and y in pixels of the photograph, clockwise from the upper left; None if nothing
        looks like a canvas.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, LONGER / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = np.asarray(Image.fromarray(picture).resize(size, FILTER), np.float32)
    edges = _Edges(small)
    level, upright = edges.lines(upright=False), edges.lines(upright=True)
    found: list[Found] = []
    for top, bottom in combinations(level, 2):
        for left, right in combinations(upright, 2):
            sides = top, right, bottom, left
            corners = _corners(top, bottom, left, right)
            score = edges.score(corners, sides, aspect)
            if corners is not None and score:
                found.append((score, corners, sides))
    best = _surest(edges, sorted(found, key=lambda one: -one[0]))
    return None if best is None else best * np.array([width / size[0], height / size[1]])


Found = tuple[float, Points, tuple[Points, ...]]
"""A quadrilateral's score, its corners, and the lines of its sides."""


def _surest(edges: "_Edges", found: list[Found]) -> Points | None:
    """The corners of the one that must be the canvas; `found` has the best first."""
    away = ELSEWHERE * max(edges.width, edges.height)
    apart: list[Found] = []  # most differ by a pixel only
    for one in found:
        if all(np.hypot(*(one[1] - other[1]).T).max() > away for other in apart):
            apart.append(one)
            if len(apart) == LIKELIEST:
                break
    doubts = [edges.doubt(corners, sides) for _, corners, sides in apart]
    scores = [score * np.exp(-doubt) for (score, _, _), doubt in zip(apart, doubts, strict=True)]
    if not scores:
        return None
    best = int(np.argmax(scores))
    second = max((score for at, score in enumerate(scores) if at != best), default=0.0)
    if doubts[best] > DOUBTFUL or second > RIVAL * scores[best]:
        return None
    return apart[best][1]


class _Edges:
    """The steepest places of a picture."""

    def __init__(self, picture: NDArray[np.float32]) -> None:
        self.height, self.width = picture.shape[:2]
        soft = _softened(picture)
        across, down = np.zeros_like(soft), np.zeros_like(soft)
        across[:, 1:-1] = soft[:, 2:] - soft[:, :-2]
        down[1:-1] = soft[2:] - soft[:-2]
        strongest = np.hypot(across, down).argmax(2)[..., None]
        across, down = (np.take_along_axis(each, strongest, 2)[..., 0] for each in (across, down))
        steep = np.hypot(across, down)
        rows, columns = np.nonzero(_ridges(steep, across, down) & (steep > FAINTEST))
        self.x, self.y = columns + 0.5, rows + 0.5
        self.on: dict[tuple[float, float], tuple[NDArray[Any], NDArray[Any]]] = {}
        self.angle = np.degrees(np.arctan2(down[rows, columns], across[rows, columns])) % 180

    def lines(self, upright: bool) -> list[Points]:
        """The lines with most edges, as (angle of the normal in degrees, distance from 0)."""
        reach = int(np.hypot(self.width, self.height)) + 2
        middle = 0.0 if upright else 90.0
        votes = np.zeros((91, 2 * reach), np.float32)
        for degree in range(-45, 46):
            theta = middle + degree
            own = np.abs((self.angle - theta + 90) % 180 - 90) < TURNED / 2
            normal = np.radians(theta)
            away = self.x[own] * np.cos(normal) + self.y[own] * np.sin(normal)
            votes[degree + 45] = np.bincount(
                np.rint(away).astype(int) + reach, minlength=2 * reach
            )[: 2 * reach]
        votes[:, 1:-1] = votes[:, 1:-1] + (votes[:, 2:] + votes[:, :-2]) / 2
        found = []
        for _ in range(LINES):
            turn, place = np.unravel_index(int(votes.argmax()), votes.shape)
            if votes[turn, place] < 0.1 * min(self.width, self.height):
                break
            line = self._refined(np.array([middle + turn - 45, float(place - reach)]))
            found.append(line)
            votes[max(0, turn - 5) : turn + 6, max(0, place - 5) : place + 6] = 0
        centre = np.array([self.width, self.height]) / 2
        return sorted(found, key=lambda line: _beyond(line, centre, upright))

    def _refined(self, line: Points) -> Points:
        """The line through the edges that belong to it, by least squares."""
        for _ in range(3):
            away, turned = self._apart(line)
            own = (np.abs(away) < NEAR + 1) & (turned < TURNED)
            if own.sum() < 8:
                break
            x, y = self.x[own], self.y[own]
            spread = np.linalg.eigh(np.cov(np.stack([x, y])))[1][:, 0]  # across the line
            before = np.radians(line[0])
            if spread @ (np.cos(before), np.sin(before)) < 0:
                spread = -spread
            angle = np.degrees(np.arctan2(spread[1], spread[0]))
            line = np.array([angle, float(spread @ (x.mean(), y.mean()))])
        return line

    def _apart(self, line: Points) -> tuple[Points, Points]:
        normal = np.radians(line[0])
        away = self.x * np.cos(normal) + self.y * np.sin(normal) - line[1]
        return away, np.abs((self.angle - line[0] + 90) % 180 - 90)

    def score(self, corners: Points | None, sides: tuple[Points, ...], aspect: float) -> float:
        """How much a quadrilateral looks like a canvas; 0 if it cannot be one."""
        if corners is None or not self._likely(corners):
            return 0.0
        covers = []
        for number, line in enumerate(sides):
            covers.append(self._cover(line, corners[number], corners[(number + 1) % 4]))
            if covers[-1] < COVERED:
                return 0.0
        if float(np.mean(covers)) < WHOLE:
            return 0.0
        lengths = np.hypot(*(np.roll(corners, -1, 0) - corners).T)
        shape = np.log((lengths[0] + lengths[2]) / (lengths[1] + lengths[3]) / aspect)
        area = _area(corners) / (self.width * self.height)
        return float(np.prod(covers) * np.exp(-np.square(shape / MISSHAPEN)) * area**0.25)

    def doubt(self, corners: Points, sides: tuple[Points, ...]) -> float:
        """How little the sides end at the corners: 0 if all do.

        Of a quadrilateral with one side inside the canvas two others go on behind it; of one that
        reaches beyond the canvas two stop before it.
        """
        doubt = 0.0
        for number, line in enumerate(sides):
            ends = corners[number], corners[(number + 1) % 4]
            for here, there in (ends, ends[::-1]):
                part = (there - here) * END
                doubt += max(0.0, STOPS - self._cover(line, here, here + part))
                doubt += max(0.0, self._cover(line, here - part, here) - GOES_ON)
        return doubt

    def _likely(self, corners: Points) -> bool:
        slack = 0.02 * max(self.width, self.height)
        inside = (corners > -slack) & (corners < (self.width + slack, self.height + slack))
        return bool(inside.all()) and _area(corners) > SMALLEST * self.width * self.height

    def _cover(self, line: Points, first: Points, last: Points) -> float:
        """The share of a side that is an edge."""
        key = (float(line[0]), float(line[1]))
        if key not in self.on:
            away, turned = self._apart(line)
            own = (np.abs(away) < NEAR) & (turned < TURNED)
            self.on[key] = np.asarray(self.x[own]), np.asarray(self.y[own])
        x, y = self.on[key]
        way = last - first
        length = max(float(np.hypot(*way)), 1.0)
        along = ((x - first[0]) * way[0] + (y - first[1]) * way[1]) / length
        steps = np.unique(along[(along >= 0) & (along < length)].astype(int))
        return min(1.0, len(steps) / max(1, int(length)))


def _ridges(
    steep: NDArray[np.float32], across: NDArray[np.float32], down: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Where it is steeper than before and behind, as the slope goes (Canny 1986)."""
    wide = np.pad(steep, 1)
    height, width = steep.shape
    kind = np.rint(np.degrees(np.arctan2(down, across)) / 45).astype(int) % 4
    found = np.zeros(steep.shape, bool)
    for number, (right, low) in enumerate(((1, 0), (1, 1), (0, 1), (-1, 1))):
        ahead = wide[1 + low : 1 + low + height, 1 + right : 1 + right + width]
        behind = wide[1 - low : 1 - low + height, 1 - right : 1 - right + width]
        found |= (kind == number) & (steep >= ahead) & (steep > behind)
    return found


def _beyond(line: Points, centre: Points, upright: bool) -> float:
    """How far right, or down, a line passes the centre."""
    normal = np.radians(line[0])
    along = np.array([np.cos(normal), np.sin(normal)])
    away = float(line[1] - centre @ along)
    return away / float(along[0] if upright else along[1])


def _softened(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """A 1-2-1 blur, three times: grain and weave are no edges."""
    soft = picture
    for _ in range(3):
        wide = np.pad(soft, ((1, 1), (1, 1), (0, 0)), mode="edge")
        tall: NDArray[np.float32] = wide[:-2] + 2 * wide[1:-1] + wide[2:]
        soft = np.asarray(tall[:, :-2] + 2 * tall[:, 1:-1] + tall[:, 2:], np.float32) / np.float32(
            16
        )
    return soft


def _corners(one: Points, other: Points, third: Points, fourth: Points) -> Points | None:
    """Where two level and two upright lines meet, clockwise from the upper left."""
    points = []
    for level in (one, other):
        for upright in (third, fourth):
            normals = np.radians([level[0], upright[0]])
            matrix = np.stack([np.cos(normals), np.sin(normals)], 1)
            if abs(np.linalg.det(matrix)) < 0.5:
                return None
            points.append(np.linalg.solve(matrix, [level[1], upright[1]]))
    return clockwise(np.array(points))


def clockwise(points: Points) -> Points:
    """(4, 2) in any order → clockwise, as one sees them, from the upper left."""
    middle = points.mean(0)
    turn = np.arctan2(*(points - middle).T[::-1])
    around = points[np.argsort(turn)]
    return np.roll(around, -int(around.sum(1).argmin()), 0)


def _area(corners: Points) -> float:
    x, y = corners.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
