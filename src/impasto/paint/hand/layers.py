"""An order in which a hand can paint: layer by layer, in each one colour after the other.

A layer is what one brush does before all dries: the broad brushes come first, and of one brush's
strokes those that lie far away. Within a layer a colour is mixed once. That is another order than
the painter's own, in which strokes hide others than they did; so the colour of each stroke is
chosen anew, among the mixtures, for what is seen of it in this order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impasto.brush.choice import known_brush
from impasto.core.images import Picture
from impasto.metrics.attention import PLAIN, STANDS_OUT, attend
from impasto.paint.canvas import Patch, draw_patches
from impasto.paint.colours import visible
from impasto.paint.document import Coat, Paint, Painting, RealPaint
from impasto.paint.plot.sheet import Sheet

Array = NDArray[np.float32]
Numbers = NDArray[np.intp]

ROUNDS = 4
"""How often order and colours are brought to each other."""

PASSES = 3
"""Over all strokes, choosing each one's colour while the others keep theirs."""

FEWEST_APART = 24
"""Strokes, far or near, that make a layer of their own."""

HIDDEN = 0.02
"""A stroke of which less than this share is seen is not painted at all."""


def nearness(picture: Picture) -> Array:
    """How near things seem, (H, W), in [0, 1].

    Nothing knows depth here: what lies lower is taken for nearer, and what stands out.
    """
    height, width = picture.shape[:2]
    low = np.repeat(np.linspace(0, 1, height, dtype=np.float32)[:, None], width, 1)
    care = attend(picture, width, height)
    if care.missing:
        return low
    return np.asarray((low + ((care.care - PLAIN) / STANDS_OUT).clip(0, 1)) / 2, np.float32)


@dataclass(frozen=True)
class Goal:
    """What the strokes are to come close to."""

    picture: Array
    """(H, W, 3), in [0, 1]."""

    care: Array
    below: Array
    """(H, W, 3), the canvas before the first stroke."""

    near: Array


def arranged(
    painting: Painting,
    goal: Goal,
    sheet: Sheet,
    paints: tuple[Paint, ...],
    brushes: Sequence[float],
) -> Painting:
    """The same strokes in an order that can be painted, in the colours that suit it best.

    Args:
        painting: drawn at the goal's size.
        goal: what it is to show.
        sheet: its place on the canvas.
        paints: the mixtures.
        brushes: millimetres of the brushes that it is painted with, the broadest first.

    Returns:
        A painting whose strokes stand in the order of its layers; strokes that nothing is seen of
        are left out.
    """
    height, width = goal.picture.shape[:2]
    size = (painting.longer, height, width)
    patches = list(draw_patches(painting.strokes, painting.brush, painting.seed, *size))
    layer = _layers(painting, patches, goal, sheet, brushes)
    colours = np.array([paint.colour for paint in paints], np.float32)
    apart = np.square(painting.strokes.colours[:, None] - colours[None]).sum(2)
    which = _Solver(patches, layer, colours, goal).solve(apart.argmin(1))
    order, seen = which.order, which.seen
    order = order[seen[order]]
    strokes = replace(painting.strokes[order], colours=colours[which.colour[order]])
    coats = _coats(layer[order], which.colour[order], paints, brushes)
    place = (sheet.left, sheet.top, sheet.across, sheet.down)
    real = RealPaint((sheet.width, sheet.height), place, paints, coats)
    return replace(painting, strokes=strokes, real=real)


def brush_of(painting: Painting, sheet: Sheet, brushes: Sequence[float]) -> Numbers:
    """Which of some brushes each stroke is painted with: (N,)."""
    settings = known_brush(painting.brush)
    sizes = painting.strokes.geometry[:, 1].tolist()
    share = np.array([settings.width(size) for size in sizes])
    wide = share * painting.strokes.squares[:, 2] * sheet.longer
    return np.asarray(np.abs(np.log(wide[:, None] / np.asarray(brushes)[None])).argmin(1))


def _layers(
    painting: Painting,
    patches: Sequence[Patch],
    goal: Goal,
    sheet: Sheet,
    brushes: Sequence[float],
) -> Numbers:
    """The layer of each stroke, from 0: even numbers are far, odd ones near."""
    brush = brush_of(painting, sheet, brushes)
    means = [
        np.vdot(patch.alpha, goal.near[patch.rows, patch.columns]) / max(patch.alpha.sum(), 1e-6)
        for patch in patches
    ]
    near = np.asarray(means) > _between(goal.near)
    for number in range(len(brushes)):
        own = brush == number
        if min((own & near).sum(), (own & ~near).sum()) < FEWEST_APART:
            near[own] = False
    return np.asarray(2 * brush + near)


def _between(near: Array) -> float:
    """The value that parts far from near with the least variance in both (Otsu 1979)."""
    count, edges = np.histogram(near, 64)
    middle = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(count), count.sum()
    sums = np.cumsum(count * middle)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = sums / below - (sums[-1] - sums) / (total - below)
    between = np.nan_to_num(below * (total - below) * np.square(apart))
    return float(edges[int(between[:-1].argmax()) + 1])


@dataclass(frozen=True)
class _Found:
    order: Numbers
    colour: Numbers
    seen: NDArray[np.bool_]
    error: float


class _Solver:
    """Chooses the colour of each stroke among a few, under an order that follows from them."""

    def __init__(
        self, patches: Sequence[Patch], layer: Numbers, colours: Array, goal: Goal
    ) -> None:
        self.patches, self.layer, self.colours, self.goal = patches, layer, colours, goal
        self.kinds = int(layer.max(initial=0)) + 1

    def solve(self, colour: Numbers) -> _Found:
        """Order, colours, order, … and the best of what was met.

        Args:
            colour: (N,), to begin with.
        """
        turn = self._turns(colour)
        best: _Found | None = None
        for round_ in range(ROUNDS + 1):
            order = np.lexsort((np.arange(len(colour)), turn[self.layer, colour], self.layer))
            weights, missing = self._laid(order, colour)
            error = float(np.vdot(np.square(missing).sum(2), self.goal.care))
            if best is None or error < best.error:
                shares = [
                    weight.sum() > HIDDEN * max(float(patch.alpha.sum()), 1e-6)
                    for weight, patch in zip(weights, self.patches, strict=True)
                ]
                best = _Found(order, colour, np.asarray(shares, bool), error)
            if round_ == ROUNDS:
                break
            colour = self._chosen(colour, weights, missing)
        assert best
        return best

    def _turns(self, colour: Numbers) -> NDArray[np.float64]:
        """When each colour's turn is, in each layer: as early as the painter laid its strokes."""
        place = np.arange(len(colour))
        turn = np.tile(np.arange(len(self.colours)) + 1e6, (self.kinds, 1))
        for layer in range(self.kinds):
            for one in np.unique(colour[self.layer == layer]):
                turn[layer, one] = place[(self.layer == layer) & (colour == one)].mean()
        return turn

    def _laid(self, order: Numbers, colour: Numbers) -> tuple[list[Array], Array]:
        """What is seen of each stroke, and what the picture then misses."""
        height, width = self.goal.care.shape
        seen, through = visible([self.patches[at] for at in order], height, width)
        painted = through[..., None] * self.goal.below
        weights: list[Array] = [seen[0]] * len(order)
        for at, weight in zip(order.tolist(), seen, strict=True):
            weights[at] = weight
            patch = self.patches[at]
            painted[patch.rows, patch.columns] += weight[..., None] * self.colours[colour[at]]
        return weights, np.asarray(self.goal.picture - painted)

    def _chosen(self, colour: Numbers, weights: list[Array], missing: Array) -> Numbers:
        """Each stroke's best colour while the others keep theirs; `missing` follows."""
        colour = colour.copy()
        for _ in range(PASSES):
            changed = 0
            for at, (patch, weight) in enumerate(zip(self.patches, weights, strict=True)):
                view = missing[patch.rows, patch.columns]
                cared = weight * self.goal.care[patch.rows, patch.columns]
                own = float(np.vdot(cared, weight))
                if own < 1e-3:
                    continue
                wanted = self.colours[colour[at]] + np.tensordot(cared, view, 2) / own
                away = np.square(self.colours - wanted.clip(0, 1)).sum(1)
                better = int(away.argmin())
                if better != colour[at]:
                    view -= weight[..., None] * (self.colours[better] - self.colours[colour[at]])
                    colour[at], changed = better, changed + 1
            if not changed:
                break
        return colour


def _coats(
    layer: Numbers, colour: Numbers, paints: tuple[Paint, ...], brushes: Sequence[float]
) -> tuple[Coat, ...]:
    """Strokes that follow each other in one layer and one paint."""
    changes = np.flatnonzero(np.diff(layer) | np.diff(colour)) + 1
    steps = {number: step for step, number in enumerate(np.unique(layer).tolist(), start=1)}
    coats = []
    for members in np.split(np.arange(len(layer)), changes) if len(layer) else []:
        kind, paint = int(layer[members[0]]), int(colour[members[0]])
        brush = float(brushes[kind // 2])
        name = f"{steps[kind]}: {brush:g} mm, {paints[paint].name}"
        coats.append(Coat(name, paint, tuple(members.tolist()), steps[kind], brush))
    return tuple(coats)
