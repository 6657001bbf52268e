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
from impasto.core.console import counted, say
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

HARDLY = 0.2
"""Decibels that the picture may lose so that colours are taken up less often."""


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
    best, which = _Solver(patches, layer, colours, goal).solve(apart.argmin(1))
    before, coats = (_coats(layer, found, patches, paints, brushes) for found in (best, which))
    order = _seen_of(which, patches)
    strokes = replace(painting.strokes[order], colours=colours[which.colour[order]])
    say(
        f"To be painted in {counted(coats[-1].step or 0 if coats else 0, 'step')}; a colour is "
        f"taken up {counted(len(coats), 'time')} ({len(before)} before rare ones gave way)."
    )
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
    """An order, and what comes of it."""

    colour: Numbers
    order: Numbers
    weights: list[Array]
    """What is seen of each stroke."""

    missing: Array
    """(H, W, 3), what the picture then misses."""

    error: float


class _Solver:
    """Chooses the colour of each stroke among a few, under an order that follows from them."""

    def __init__(
        self, patches: Sequence[Patch], layer: Numbers, colours: Array, goal: Goal
    ) -> None:
        self.patches, self.layer, self.colours, self.goal = patches, layer, colours, goal
        self.kinds = int(layer.max(initial=0)) + 1

    def solve(self, colour: Numbers) -> tuple[_Found, _Found]:
        """Order, colours, order, … and the best of what was met.

        Args:
            colour: (N,), to begin with.

        Returns:
            As it is best, and without the colours that a step can spare.
        """
        turn = self._turns(colour)
        best = found = self._laid(turn, colour)
        for _ in range(ROUNDS):
            found = self._laid(turn, self._chosen(found))
            best = min(best, found, key=lambda one: one.error)
        return best, self._spared(turn, best)

    def _spared(self, turn: NDArray[np.float64], best: _Found) -> _Found:
        """Without colours that are hardly missed where they are laid: each is mixed for a step."""
        found = best
        while True:
            less = self._without_one(found)
            other = None if less is None else self._laid(turn, less)
            if other is None or other.error > best.error * 10 ** (HARDLY / 10):
                return found
            found = other

    def _without_one(self, found: _Found) -> Numbers | None:
        """Each stroke's colour where the colour that is missed least is not laid in its layer."""
        least, fewer = np.inf, None
        more = self._dearer(found)
        for layer in range(self.kinds):
            here = np.flatnonzero(self.layer == layer)
            used = np.unique(found.colour[here])
            for one in used.tolist() if len(used) > 1 else ():
                strokes, others = here[found.colour[here] == one], used[used != one]
                costs = more[np.ix_(strokes, others)]
                if costs.min(1).sum() < least:
                    least, fewer = costs.min(1).sum(), found.colour.copy()
                    fewer[strokes] = others[costs.argmin(1)]
        return fewer

    def _dearer(self, found: _Found) -> Array:
        """(N, K): by how much the error grows with each colour of a stroke, all else as it is."""
        more = np.empty((len(self.patches), len(self.colours)), np.float32)
        for at, (patch, weight) in enumerate(zip(self.patches, found.weights, strict=True)):
            cared = weight * self.goal.care[patch.rows, patch.columns]
            pull = np.tensordot(cared, found.missing[patch.rows, patch.columns], 2)
            step = self.colours - self.colours[found.colour[at]]
            more[at] = np.vdot(cared, weight) * np.square(step).sum(1) - 2 * step @ pull
        return more

    def _turns(self, colour: Numbers) -> NDArray[np.float64]:
        """When each colour's turn is, in each layer: as early as the painter laid its strokes."""
        place = np.arange(len(colour))
        turn = np.tile(np.arange(len(self.colours)) + 1e6, (self.kinds, 1))
        for layer in range(self.kinds):
            for one in np.unique(colour[self.layer == layer]):
                turn[layer, one] = place[(self.layer == layer) & (colour == one)].mean()
        return turn

    def _laid(self, turn: NDArray[np.float64], colour: Numbers) -> _Found:
        """What comes of these colours, each laid when its turn is."""
        order = np.lexsort((np.arange(len(colour)), colour, turn[self.layer, colour], self.layer))
        height, width = self.goal.care.shape
        seen, through = visible([self.patches[at] for at in order], height, width)
        painted = through[..., None] * self.goal.below
        weights = list(seen)
        for at, weight in zip(order.tolist(), seen, strict=True):
            weights[at] = weight
            patch = self.patches[at]
            painted[patch.rows, patch.columns] += weight[..., None] * self.colours[colour[at]]
        missing = np.asarray(self.goal.picture - painted)
        error = float(np.vdot(np.square(missing).sum(2), self.goal.care))
        return _Found(colour, order, weights, missing, error)

    def _chosen(self, found: _Found) -> Numbers:
        """Each stroke's best colour while the others keep theirs."""
        colour, missing = found.colour.copy(), found.missing.copy()
        for _ in range(PASSES):
            changed = 0
            for at, (patch, weight) in enumerate(zip(self.patches, found.weights, strict=True)):
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


def _seen_of(found: _Found, patches: Sequence[Patch]) -> Numbers:
    """The strokes that are seen, in their order."""
    shares = [
        weight.sum() > HIDDEN * max(float(patch.alpha.sum()), 1e-6)
        for weight, patch in zip(found.weights, patches, strict=True)
    ]
    return np.asarray(found.order[np.asarray(shares, bool)[found.order]])


def _coats(
    layers: Numbers,
    found: _Found,
    patches: Sequence[Patch],
    paints: tuple[Paint, ...],
    brushes: Sequence[float],
) -> tuple[Coat, ...]:
    """Strokes that follow each other in one layer and one paint."""
    order = _seen_of(found, patches)
    layer, colour = layers[order], found.colour[order]
    changes = np.flatnonzero(np.diff(layer) | np.diff(colour)) + 1
    steps = {number: step for step, number in enumerate(np.unique(layer).tolist(), start=1)}
    coats = []
    for members in np.split(np.arange(len(layer)), changes) if len(layer) else []:
        kind, paint = int(layer[members[0]]), int(colour[members[0]])
        brush = float(brushes[kind // 2])
        name = f"{steps[kind]}: {brush:g} mm, {paints[paint].name}"
        coats.append(Coat(name, paint, tuple(members.tolist()), steps[kind], brush))
    return tuple(coats)
