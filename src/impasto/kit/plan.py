"""A kit: regions, numbers and paints of one picture, solved for a canvas."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impasto.core.colour import from_oklab, hexed, to_oklab
from impasto.core.images import Picture
from impasto.kit.canvas import Canvas, Level
from impasto.kit.numbers import Label, place
from impasto.kit.outlines import OUTSIDE, Line, trace
from impasto.kit.regions import (
    Labels,
    Widths,
    components,
    dissolved,
    evened,
    merged,
    numbered,
    thickened,
    widened,
)
from impasto.metrics.attention import Attention
from impasto.paints.colours import (
    Chooser,
    Colours,
    as_wanted,
    choose_colours,
    means,
    nearest,
)
from impasto.paints.mixing import Mixture, Paints

Array = NDArray[np.float32]

FINENESS = 8
"""Pixels of the working grid to the narrowest region."""

LARGEST_GRID, SMALLEST_GRID = 1_600, 160
"""Pixels of its longer side."""

ALLOWANCE = 1.0
"""Pixels that regions are wider than stated before their outlines are smoothed."""

WIDENINGS = 2
MENDINGS = 8

COATS, FILM = 2, 0.1
"""How often a region is painted, and how thick wet paint lies, in millimetres."""

SPARE = 1.25
"""Paint that stays in the pot and on the brush."""


@dataclass(frozen=True)
class Pot:
    """One numbered colour."""

    number: int
    colour: tuple[float, float, float]
    """sRGB, 0–1, as it is painted."""

    area: float
    """Square centimetres on the canvas."""

    regions: int
    mixture: Mixture | None = None

    @property
    def millilitres(self) -> float:
        """Paint for all coats, and some to spare; at least one."""
        return max(1.0, round(2 * self.area * COATS * FILM / 10 * SPARE) / 2)

    @property
    def hex(self) -> str:
        """As `#rrggbb`."""
        return hexed(self.colour)


@dataclass(frozen=True)
class Plan:
    """What is to be painted, in millimetres from the picture's upper left corner."""

    canvas: Canvas
    width: float
    height: float
    """Of the picture on the canvas."""

    lines: list[Line]
    labels: list[Label]
    """One a region, in their order."""

    pots: list[Pot]
    """By number, from 1."""

    numbers: list[int]
    """Of each region."""

    areas: NDArray[np.float64]
    """Square millimetres of each region."""

    stated: tuple[float, float]
    """Millimetres of the narrowest region, in general and where people look."""

    narrowest: float
    """Millimetres of the largest circle in the narrowest region."""

    grid: tuple[int, int]
    """Height and width in pixels of the working grid."""


def grid_of(width: int, height: int, canvas: Canvas, level: Level) -> tuple[int, int]:
    """Width and height in pixels at which a picture is worked on."""
    across, down = canvas.holds(width, height)
    longer = min(max(max(across, down) / level.width * FINENESS, SMALLEST_GRID), LARGEST_GRID)
    scale = longer / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def solve(
    picture: Picture,
    attention: Attention,
    canvas: Canvas,
    level: Level,
    colours: int,
    paints: Paints | None = None,
) -> Plan:
    """Find regions, colours, outlines and numbers.

    Args:
        picture: (H, W, 3), uint8, as large as `grid_of` says.
        attention: of the same size.
        canvas: that it is painted on, turned as the picture.
        level: how fine.
        colours: how many, at most.
        paints: the colours are mixtures of these; else any colour.
    """
    height, width = picture.shape[:2]
    across, down = canvas.holds(width, height)
    scale = across / width
    lab = to_oklab(picture / np.float32(255)).astype(np.float32)
    narrow = _Narrow(level, scale, attention.looked_at)
    lab = thickened(lab, narrow.widths.plain)
    chooser = paints.chooser if paints else as_wanted
    table = choose_colours(lab, attention.care, colours, chooser)
    labels = numbered(lab, attention.care, table, narrow.widths)
    for _ in range(WIDENINGS):
        labels = widened(labels, narrow.widths)
    least = level.worth * (narrow.plain * 0.05) ** 2
    labels = merged(labels, lab, attention.care, table, least)
    # Now that the regions are known, the colours that serve them best: specks no longer count.
    table, labels = _refitted(labels, lab, attention.care, colours, chooser)
    labels = merged(labels, lab, attention.care, table, least)
    labels = evened(labels, attention.care, table, narrow.widths)
    labels, lines, placed = _mended(labels, lab, attention.care, table, narrow)
    regions = components(labels)
    numbers, pots, areas = _pots(labels, regions, lines, lab, table, paints)
    return Plan(
        canvas=canvas,
        width=across,
        height=down,
        lines=lines,
        labels=[replace(label, text=str(numbers[label.region])) for label in placed],
        pots=pots,
        numbers=numbers,
        areas=areas,
        stated=narrow.stated,
        narrowest=min(label.room for label in placed),
        grid=(height, width),
    )


def _refitted(
    labels: Labels, lab: Array, care: Array, colours: int, chooser: Chooser
) -> tuple[Colours, Labels]:
    """Choose the colours anew for regions that are filled evenly, and give each its nearest."""
    regions = components(labels)
    flat, weight = regions.reshape(-1), care.reshape(-1)
    count = int(flat.max()) + 1
    mean = means(lab.reshape(-1, 3), flat, weight, np.zeros((count, 3))).astype(np.float32)
    total = np.bincount(flat, weight, count).astype(np.float32)
    table = choose_colours(mean[None], total[None], colours, chooser)
    return table, nearest(mean, table).astype(np.int32)[regions]


def _pots(
    labels: Labels,
    regions: Labels,
    lines: list[Line],
    lab: Array,
    table: NDArray[np.float64],
    paints: Paints | None,
) -> tuple[list[int], list[Pot], NDArray[np.float64]]:
    """The colours that are used, the lightest first; each region's number, and its area."""
    of_region = _of_regions(labels, regions)
    areas = _areas(lines, len(of_region))
    used = np.unique(of_region)
    order = used[np.argsort(-table[used, 0], kind="stable")]
    wanted = means(lab.reshape(-1, 3), labels.reshape(-1), np.ones(labels.size), table)
    pots = []
    for number, old in enumerate(order.tolist(), 1):
        mine = of_region == old
        mixture = paints.recipe_for(table[old], from_oklab(wanted[old])) if paints else None
        red, green, blue = mixture.colour if mixture else from_oklab(table[old]).tolist()
        area = float(areas[mine].sum()) / 100
        pots.append(Pot(number, (red, green, blue), area, int(mine.sum()), mixture))
    renumbered = np.zeros(len(table), np.int64)
    renumbered[order] = np.arange(1, len(order) + 1)
    return renumbered[of_region].tolist(), pots, areas


def _areas(lines: list[Line], count: int) -> NDArray[np.float64]:
    """The area inside each region's outlines: each line counts once for both its sides."""
    areas = np.zeros(count)
    for line in lines:
        x, y = line.points().T
        swept = float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)
        if line.left != OUTSIDE:
            areas[line.left] -= swept
        if line.right != OUTSIDE:
            areas[line.right] += swept
    return areas


class _Narrow:
    """How narrow a region may be, in pixels and millimetres."""

    def __init__(self, level: Level, scale: float, looked_at: NDArray[np.bool_]) -> None:
        least = FINENESS / 2  # a large canvas has more millimetres to a pixel than a brush
        self.plain = max(level.width / scale, least)
        self.fine = min(max(level.fine / scale, least), self.plain)
        self.looked_at, self.scale = looked_at, scale
        self.widths = Widths(self.plain + ALLOWANCE, self.fine + ALLOWANCE, looked_at)

    @property
    def stated(self) -> tuple[float, float]:
        """In millimetres."""
        return round(self.plain * self.scale, 2), round(self.fine * self.scale, 2)

    def too_narrow(self, label: Label) -> bool:
        """Whether no disc of the stated width fits a region where it is widest."""
        rows, columns = self.looked_at.shape
        x, y = label.target or (label.x, label.y)
        row, column = int(y / self.scale), int(x / self.scale)
        fine = self.looked_at[min(row, rows - 1), min(column, columns - 1)]
        return label.room < self.stated[1 if fine else 0]


def _mended(
    labels: Labels, lab: Array, care: Array, table: NDArray[np.float64], narrow: _Narrow
) -> tuple[Labels, list[Line], list[Label]]:
    """Outlines and numbers; what is too narrow after all, or has no room, joins a neighbour."""
    for attempt in range(MENDINGS):
        regions = components(labels)
        lines = trace(regions, narrow.scale)
        # Numbers may change yet, not how many digits they have: the longest counts.
        longest = [10 ** (len(str(len(table))) - 1)] * (int(regions.max()) + 1)
        inside = place(regions, longest, lines, narrow.scale)
        bad = [label.region for label in inside if narrow.too_narrow(label) or not label.height]
        if not bad or len(inside) == 1 or attempt == MENDINGS - 1:
            break
        labels = dissolved(labels, lab, care, table, bad)
    return labels, lines, inside


def _of_regions(labels: Labels, regions: Labels) -> NDArray[np.int32]:
    return labels.reshape(-1)[np.unique(regions, return_index=True)[1]]
