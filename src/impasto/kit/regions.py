"""From a picture to regions that a brush can fill.

Three steps. Numbers: each pixel takes the colour that is near its own and frequent around it
(threshold dynamics, Merriman, Bence & Osher 1994; for many phases Esedoglu & Otto 2015), so
outlines shorten and specks go. Widths: what no disc of the stated width reaches goes to the region
whose disc is nearest. A region is then a union of such discs and of corners between them, and
pixels keep their connection: the way from a pixel to its disc lies in the region. Merging: what is
too small to be worth a number joins the neighbour that is most like it.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.kit.libraries import connected_components, coo_array, ndimage
from impasto.paints.colours import Colours

Labels = NDArray[np.int32]
"""(H, W): the number of a colour, or of a region, at each pixel."""

Array = NDArray[np.float32]
Window = tuple[slice, slice]

CALM = 0.15
"""How much agreeing with the neighbourhood counts against a squared distance in Oklab: a speck
that differs by less than its root, .39, gives way."""

ROUNDS, EVENINGS = 4, 2


INK, EVEN = 0.2, 0.08
"""Of lightness: what a line differs by from its ground, and within what that is even."""

MIDDLE, BESIDE = 0.35, 3
"""A line's middle differs by at least this share of what the boldest lines do; pixels around it
within which the line's boldest place is looked for."""

CROWD, MOST_BOLD = 2, 0.65
"""Widths around a place in which at most this share is covered by bold lines."""

GROUND_SHARE, INK_SHARE = 0.7, (0.001, 0.4)
"""Of a drawing, that is ground behind its lines, and that is lines."""


@dataclass(frozen=True)
class Widths:
    """How narrow a region may be, in pixels."""

    plain: float
    fine: float
    """Where people look."""

    looked_at: NDArray[np.bool_]
    """(H, W): where that is."""


def thickened(lab: Array, width: float) -> Array:
    """Draw the lines of a line drawing as wide as the brush; anything else stays as it is.

    A drawing is a ground of nearly one lightness with lines on it that a brush of this width would
    miss: what a morphological closing, or for light lines on a dark ground an opening, takes away.

    Args:
        lab: (H, W, 3), Oklab.
        width: pixels of the narrowest region.
    """
    size = max(3, round(width))
    light = lab[..., 0]
    for without in (ndimage.grey_closing(light, size), ndimage.grey_opening(light, size)):
        level = np.median(without)
        ink = (np.abs(without - light) > INK) & (np.abs(light - level) > INK)
        ground = np.abs(without - level) < EVEN
        if ground.mean() > GROUND_SHARE and INK_SHARE[0] < ink.mean() < INK_SHARE[1]:
            return _bold(lab, light - level, ink, width)
    return lab


def _bold(lab: Array, apart: Array, ink: NDArray[np.bool_], width: float) -> Array:
    """The picture with its lines as wide as a brush.

    Args:
        lab: (H, W, 3).
        apart: (H, W), by how much each pixel is lighter than the ground.
        ink: (H, W), what belongs to lines.
        width: pixels of the narrowest region.
    """
    middle = ink & (np.abs(apart) > MIDDLE * np.quantile(np.abs(apart[ink]), 0.98))
    away, (rows, columns) = ndimage.distance_transform_edt(~middle, return_indices=True)
    lines = lab[rows, columns]
    # Where a line falls between two pixels both are pale: it is as bold as beside them.
    strongest = ndimage.minimum_filter if apart[middle].mean() < 0 else ndimage.maximum_filter
    lines[..., 0] = strongest(lab[..., 0], 2 * BESIDE + 1)[rows, columns]
    near = away <= width / 2 + 1.5  # a disc still fits after smoothing
    # Hatching that lines as wide as a brush would fill keeps its tone instead.
    crowded = _around(near, round(CROWD * width)) > MOST_BOLD
    return np.asarray(np.where((near & ~crowded)[..., None], lines, lab))


def numbered(lab: Array, care: Array, colours: Colours, widths: Widths) -> Labels:
    """Give each pixel the number of a colour, smoothly; more finely where people look.

    Args:
        lab: (H, W, 3), Oklab.
        care: (H, W), how much a pixel's own colour counts; 1 is usual.
        colours: (K, 3).
        widths: of the narrowest regions that are wanted.

    Returns:
        (H, W), from 0 to K − 1.
    """
    return _finer(lambda here, width: _smooth(lab[here], care[here], colours, width), widths)


def _finer(solve: Callable[[Window, float], Labels], widths: Widths) -> Labels:
    """Solve for the whole picture, and once more, for narrower regions, where people look."""
    labels = solve((slice(None), slice(None)), widths.plain)
    if widths.looked_at.any() and widths.fine < widths.plain:
        here = _window(widths.looked_at, round(2 * widths.plain))
        np.copyto(labels[here], solve(here, widths.fine), where=widths.looked_at[here])
    return labels


def evened(labels: Labels, care: Array, colours: Colours, widths: Widths) -> Labels:
    """Shorten outlines once more, now that only the regions' own colours hold them where they are.

    What discs left scalloped becomes straight; regions stay as wide as stated.
    """
    flat = colours.astype(np.float32)[labels]

    def shorten(here: Window, width: float) -> Labels:
        found = labels[here]
        for _ in range(EVENINGS):
            found = _settled(flat[here], care[here], colours, found, max(1, round(width / 2)))
        return found

    return widened(_finer(shorten, widths), widths)


def _window(mask: NDArray[np.bool_], margin: int) -> Window:
    """The rows and columns of a mask, and some around them."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _smooth(lab: Array, care: Array, colours: Colours, width: float) -> Labels:
    reach = max(1, round(width / 2))
    soft = ndimage.uniform_filter(lab, (2 * reach + 1, 2 * reach + 1, 0), mode="nearest")
    labels = _settled(soft, care, colours, None, reach)
    for _ in range(ROUNDS):
        labels = _settled(lab, care, colours, labels, reach)
    return labels


def _settled(
    lab: Array, care: Array, colours: Colours, labels: Labels | None, reach: int
) -> Labels:
    """One round; one colour at a time, so that memory does not grow with their number."""
    height, width, _ = lab.shape
    flat, best = lab.reshape(-1, 3), np.full((height, width), np.inf, np.float32)
    chosen = np.zeros((height, width), np.int32)
    for number, colour in enumerate(colours.astype(np.float32)):
        # What is the same for all colours, the square of the pixel's own, is left out.
        cost = (np.square(colour).sum() - 2 * (flat @ colour)).reshape(height, width)
        cost *= care
        if labels is not None:
            cost -= np.float32(CALM) * _around(labels == number, reach)
        better = cost < best
        np.copyto(best, cost, where=better)
        chosen[better] = number
    return chosen


def _around(mask: NDArray[np.bool_], reach: int) -> Array:
    """The share of the neighbourhood that is in the mask: two boxes, nearly a Gaussian."""
    share = mask.astype(np.float32)
    for _ in range(2):
        share = ndimage.uniform_filter(share, 2 * reach + 1, mode="nearest")
    return np.asarray(share)


def borders(labels: Labels) -> NDArray[np.bool_]:
    """(H, W): the pixels beside another number, above, below, left or right of them."""
    found = np.zeros(labels.shape, bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    found[:, 1:] |= across
    found[:, :-1] |= across
    found[1:] |= down
    found[:-1] |= down
    return found


def depth(labels: Labels) -> Array:
    """(H, W): pixels from each pixel's middle to the nearest other number or to the rim."""
    edge = borders(labels)
    away = ndimage.distance_transform_edt(~edge) if edge.any() else np.inf
    rows, columns = np.ogrid[: labels.shape[0], : labels.shape[1]]
    rim = np.minimum(
        np.minimum(rows, labels.shape[0] - 1 - rows),
        np.minimum(columns, labels.shape[1] - 1 - columns),
    )
    return np.asarray(np.minimum(away, rim) + 0.5, np.float32)


def widened(labels: Labels, widths: Widths) -> Labels:
    """Give what no disc of the stated width reaches to the region whose disc is nearest.

    Distances are measured from a disc's rim, so that small discs where people look take nothing
    that a large one beside them covers.
    """
    deep = depth(labels)
    wide = deep >= min(widths.plain / 2, float(deep.max()))
    found, away = _nearest_in(labels, wide)
    fine = (deep >= widths.fine / 2) & widths.looked_at
    if fine.any():
        other, nearer = _nearest_in(labels, fine)
        gained = nearer - widths.fine / 2 < away - widths.plain / 2
        found = np.where(gained, other, found)
    return found


def _nearest_in(labels: Labels, mask: NDArray[np.bool_]) -> tuple[Labels, Array]:
    """The number at the nearest pixel of the mask, and how far that is."""
    away, (rows, columns) = ndimage.distance_transform_edt(~mask, return_indices=True)
    return labels[rows, columns], away.astype(np.float32)


def components(labels: Labels) -> Labels:
    """Number the connected regions from 0; pixels connect at their sides, not at corners."""
    place = np.arange(labels.size, dtype=np.int32).reshape(labels.shape)
    across, down = labels[:, 1:] == labels[:, :-1], labels[1:] == labels[:-1]
    one = np.concatenate([place[:, 1:][across], place[1:][down]])
    other = np.concatenate([place[:, :-1][across], place[:-1][down]])
    links = coo_array((np.ones(len(one), bool), (one, other)), shape=(labels.size, labels.size))
    _, found = connected_components(links, directed=False)
    return np.asarray(found.reshape(labels.shape), np.int32)


def neighbours(regions: Labels) -> NDArray[np.int64]:
    """Which regions share a border: (N, 2), the smaller number first."""
    pairs = []
    for one, other in ((regions[:, 1:], regions[:, :-1]), (regions[1:], regions[:-1])):
        apart = one != other
        pairs.append(np.stack([one[apart], other[apart]], 1))
    both = np.sort(np.concatenate(pairs), 1).astype(np.int64)
    count = int(regions.max()) + 1
    codes = np.unique(both[:, 0] * count + both[:, 1])
    return np.stack([codes // count, codes % count], 1)


def merged(labels: Labels, lab: Array, care: Array, colours: Colours, least: float) -> Labels:
    """Join regions that are not worth a number of their own to a neighbour.

    Args:
        labels: (H, W), numbers of colours.
        lab: (H, W, 3), Oklab.
        care: (H, W), how much an error counts.
        colours: (K, 3).
        least: what a region is worth at least: the squared error that it spares in Oklab, summed
            over its pixels. So a pale patch in a sky must be large, and an eye may be small.

    Returns:
        (H, W), numbers of colours.
    """
    regions = components(labels)
    graph = _Graph(regions, labels, lab, care, colours)
    graph.join(least)
    return graph.numbers()[regions]


def dissolved(
    labels: Labels, lab: Array, care: Array, colours: Colours, which: list[int]
) -> Labels:
    """Let some of the regions that `components` finds join the neighbour most like each.

    Returns:
        (H, W), numbers of colours.
    """
    regions = components(labels)
    graph = _Graph(regions, labels, lab, care, colours)
    graph.dissolve(which)
    return graph.numbers()[regions]


class _Graph:
    """Regions, their neighbours and colours, while some of them join others."""

    def __init__(
        self, regions: Labels, labels: Labels, lab: Array, care: Array, colours: Colours
    ) -> None:
        flat = regions.reshape(-1)
        weight = care.reshape(-1)
        self.weight = np.bincount(flat, weight)
        sums = [np.bincount(flat, weight * lab[..., axis].reshape(-1)) for axis in range(3)]
        self.sums = np.stack(sums, 1)
        self.number = labels.reshape(-1)[np.unique(flat, return_index=True)[1]]
        self.into = np.arange(len(self.weight))
        self.colours = colours
        self.squares = np.square(colours).sum(1)
        self.beside: list[set[int]] = [set() for _ in self.weight]
        for one, other in neighbours(regions).tolist():
            self.beside[one].add(other)
            self.beside[other].add(one)

    def join(self, least: float) -> None:
        """Join what is worth least again and again, until nothing is worth too little."""
        queue = [self._worth(region) for region in range(len(self.into))]
        heapq.heapify(queue)
        while queue:
            worth, region, other = heapq.heappop(queue)
            if self.into[region] != region or other < 0:
                continue
            now = self._worth(region)
            if now != (worth, region, other):  # something changed beside it
                heapq.heappush(queue, now)
                continue
            if worth >= least:
                break
            self._join_all(region, other)
            for near in (other, *self.beside[other]):
                heapq.heappush(queue, self._worth(near))

    def dissolve(self, which: list[int]) -> None:
        """Join these, whatever they are worth."""
        for region in which:
            if self.into[region] == region and self.beside[region]:
                self._join_all(region, self._worth(region)[2])

    def _join_all(self, region: int, other: int) -> None:
        """Join one, and those of the same number that it parted."""
        self._join(region, other)
        alike = self.number[other]
        for near in [near for near in self.beside[other] if self.number[near] == alike]:
            self._join(near, other)

    def _worth(self, region: int) -> tuple[float, int, int]:
        """What error a region's own colour spares, itself, and whose colour is next best."""
        if not self.beside[region]:
            return np.inf, region, -1
        around = list(self.beside[region])
        numbers = self.number[[region, *around]]
        errors = self.weight[region] * self.squares[numbers] - 2 * (
            self.colours[numbers] @ self.sums[region]
        )
        best = int(errors[1:].argmin())
        return float(errors[1 + best] - errors[0]), region, around[best]

    def _join(self, region: int, other: int) -> None:
        self.weight[other] += self.weight[region]
        self.sums[other] += self.sums[region]
        self.into[region] = other
        for near in self.beside[region]:
            self.beside[near].discard(region)
            if near != other:
                self.beside[near].add(other)
                self.beside[other].add(near)
        self.beside[region] = set()

    def numbers(self) -> NDArray[np.int32]:
        """Of each region there was, the colour's number now."""
        root = self.into
        while (further := root[root] != root).any():
            root = np.where(further, root[root], root)
        return np.asarray(self.number[root], np.int32)
