"""Smooth outlines that two neighbours share exactly.

The borders between pixels of different regions form a network: lines that meet in nodes. Each line
is smoothed once, and both regions beside it use that one line, so there is no gap and no overlap.
Taubin's filter (1995) smooths without shrinking; the picture's rim stays straight.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from impasto.kit.regions import Labels

Points = NDArray[np.float64]
"""(N, 2): x and y."""

SMOOTHINGS = 40
INWARD, OUTWARD = 0.6, -0.63
"""Taubin's two factors: a step of smoothing, and one that undoes the shrinking."""

FURTHEST = 1.25
"""Pixels by which a point may move: less than half the narrowest region."""

EVERY = 4
"""Points of a line between two that its curve goes through."""

OUTSIDE = -1


@dataclass(frozen=True)
class Line:
    """A border from one node to the next."""

    knots: Points
    """(N, 2), what the curve goes through, the nodes included."""

    left: int
    """The region on the left as y points downwards; `OUTSIDE` beyond the picture."""

    right: int

    def curve(self) -> Points:
        """The line as cubic Béziers: (3 N + 1, 2), a knot, two controls, a knot, and so on.

        Through knots with tangents along their neighbours (Catmull & Rom 1974).
        """
        knots = self.knots
        closed = bool((knots[0] == knots[-1]).all()) and len(knots) > 3
        before = np.concatenate([knots[-2:-1] if closed else knots[:1], knots[:-1]])
        after = np.concatenate([knots[1:], knots[1:2] if closed else knots[-1:]])
        tangent = (after - before) / 6
        curve = np.empty((3 * len(knots) - 2, 2))
        curve[0::3] = knots
        curve[1::3] = knots[:-1] + tangent[:-1]
        curve[2::3] = knots[1:] - tangent[1:]
        return curve

    def points(self, steps: int = 4) -> Points:
        """The curve as many straight pieces."""
        curve = self.curve()
        t = (np.arange(steps) / steps)[:, None, None]
        parts = [curve[0:-1:3], curve[1::3], curve[2::3], curve[3::3]]
        bent = (
            (1 - t) ** 3 * parts[0] + 3 * t * (1 - t) ** 2 * parts[1]
            + 3 * t**2 * (1 - t) * parts[2] + t**3 * parts[3]
        )  # fmt: skip
        return np.concatenate([bent.transpose(1, 0, 2).reshape(-1, 2), curve[-1:]])

    @property
    def on_the_rim(self) -> bool:
        """Whether it is part of the picture's own edge."""
        return OUTSIDE in (self.left, self.right)


def trace(regions: Labels, scale: float = 1.0) -> list[Line]:
    """Find the lines between regions, and around the picture, and smooth them.

    Args:
        regions: (H, W), connected, from 0.
        scale: units of the result to a pixel, such as millimetres.

    Returns:
        Lines in no special order; coordinates are rounded to hundredths.
    """
    network = _Network(regions)
    places = np.round(_smoothed(network) * scale, 2)
    return [
        Line(places[_thinned(chain)], *network.beside(chain[0], chain[1]))
        for chain in network.chains()
    ]


def rings(lines: list[Line]) -> dict[int, list[list[tuple[Line, bool]]]]:
    """For each region its closed outlines: lines in order, and whether each is walked backwards."""
    around: dict[int, list[tuple[Line, bool]]] = defaultdict(list)
    for line in lines:
        for region, backwards in ((line.left, False), (line.right, True)):
            if region != OUTSIDE:
                around[region].append((line, backwards))
    return {region: _closed(parts) for region, parts in sorted(around.items())}


def _closed(parts: list[tuple[Line, bool]]) -> list[list[tuple[Line, bool]]]:
    """Put directed lines one behind the other until each way comes back to where it began."""
    begins: dict[tuple[float, float], list[tuple[Line, bool]]] = defaultdict(list)
    for part in parts:
        begins[_ends(part)[0]].append(part)
    found = []
    while begins:
        start = next(iter(begins))
        here = start
        ring: list[tuple[Line, bool]] = []
        while not ring or here != start:
            part = begins[here].pop()
            if not begins[here]:
                del begins[here]
            ring.append(part)
            here = _ends(part)[1]
        found.append(ring)
    return found


def _ends(part: tuple[Line, bool]) -> tuple[tuple[float, float], tuple[float, float]]:
    line, backwards = part
    first, last = line.knots[0].tolist(), line.knots[-1].tolist()
    one, other = (first[0], first[1]), (last[0], last[1])
    return (other, one) if backwards else (one, other)


class _Network:
    """Corners of pixels where regions meet, and the sides of pixels between them."""

    def __init__(self, regions: Labels) -> None:
        self.padded = np.pad(regions, 1, constant_values=OUTSIDE)
        self.height, self.width = regions.shape
        wide = self.width + 1
        # Sides that stand upright, between (y, x) and (y + 1, x), and those that lie.
        y, x = np.nonzero(self.padded[1:-1, 1:] != self.padded[1:-1, :-1])
        upright = np.stack([y * wide + x, (y + 1) * wide + x], 1)
        y, x = np.nonzero(self.padded[1:, 1:-1] != self.padded[:-1, 1:-1])
        lying = np.stack([y * wide + x, y * wide + x + 1], 1)
        sides = np.concatenate([upright, lying])
        self.corners, flat = np.unique(sides, return_inverse=True)
        self.sides = flat.reshape(-1, 2)
        self.degree = np.bincount(self.sides.reshape(-1))
        self.places = np.stack([self.corners % wide, self.corners // wide], 1).astype(float)
        self.on_rim = (
            np.isin(self.places[:, 0], (0, self.width)),
            np.isin(self.places[:, 1], (0, self.height)),
        )
        self.nodes = (self.degree != 2) | (self.on_rim[0] & self.on_rim[1])

    def beside(self, one: int, other: int) -> tuple[int, int]:
        """The regions left and right of the way between two neighbouring corners."""
        x, y = self.places[one].astype(int).tolist()
        dx, dy = (self.places[other] - self.places[one]).astype(int).tolist()
        if dx:
            above, below = (
                int(self.padded[y, min(x, x + dx) + 1]),
                int(self.padded[y + 1, min(x, x + dx) + 1]),
            )
            return (above, below) if dx > 0 else (below, above)
        west, east = (
            int(self.padded[min(y, y + dy) + 1, x]),
            int(self.padded[min(y, y + dy) + 1, x + 1]),
        )
        return (east, west) if dy > 0 else (west, east)

    def chains(self) -> list[list[int]]:
        """Ways from node to node, and closed ones without any."""
        near: list[list[int]] = [[] for _ in self.corners]
        for one, other in self.sides.tolist():
            near[one].append(other)
            near[other].append(one)
        is_node = self.nodes.tolist()
        done: set[tuple[int, int]] = set()
        found = []
        for nodes in (True, False):  # closed ways without a node are what is left
            for start in range(len(near)):
                if is_node[start] != nodes:
                    continue
                for then in near[start]:
                    if (start, then) in done:
                        continue
                    chain = [start, then]
                    while not is_node[chain[-1]] and chain[-1] != start:
                        one, other = near[chain[-1]]
                        chain.append(other if one == chain[-2] else one)
                    done.update(pairwise(chain))
                    done.update(pairwise(chain[::-1]))
                    found.append(chain)
        return found


def _thinned(chain: list[int]) -> list[int]:
    """Every fourth corner, the ends always; a small closed way keeps enough to stay round."""
    least = 6 if chain[0] == chain[-1] else 1
    pieces = max(least, round((len(chain) - 1) / EVERY))
    chosen = np.round(np.linspace(0, len(chain) - 1, min(pieces, len(chain) - 1) + 1)).astype(int)
    return [chain[at] for at in chosen.tolist()]


def _smoothed(network: _Network) -> Points:
    """Where the corners go: each towards the mean of its neighbours and, half, back again."""
    one, other = network.sides.T
    begin = np.concatenate([one, other])
    end = np.concatenate([other, one])
    count = len(network.corners)
    places = network.places.copy()
    free = np.ones_like(places)
    free[network.on_rim[0], 0] = free[network.on_rim[1], 1] = 0
    for _ in range(SMOOTHINGS):
        for factor in (INWARD, OUTWARD):
            pull = (
                np.stack([np.bincount(begin, places[end, axis], count) for axis in (0, 1)], 1)
                / network.degree[:, None]
                - places
            )
            places = places + factor * free * pull
    move = places - network.places
    far = np.linalg.norm(move, axis=1, keepdims=True)
    return np.asarray(network.places + move * np.minimum(1, FURTHEST / np.maximum(far, 1e-9)))
