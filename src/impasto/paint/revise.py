"""All strokes once more, now that what lies over them is known.

Each phase's strokes were chosen before those of later phases were there. If these let the share A
of a pixel through and add the paint B to it, the finished picture is A · canvas + B. So a phase's
strokes are moved downhill once more, towards (picture − B) / A, an error counting A² as much; and a
square takes its new strokes where the finished picture comes closer by them.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from impasto.paint.canvas import Patch, lay
from impasto.paint.document import Strokes, rounded
from impasto.paint.levels import Squares
from impasto.paint.optimise import BATCH, descend
from impasto.paint.work import BARE, Scene, Work

Array = NDArray[np.float32]

STEPS, RATE = 0.5, 0.02
"""Steps, as a share of those of the first time, and how far they go at first."""

HIDDEN = 0.02
"""Of a pixel that shows through later strokes: below it, it has no aim of its own."""


def revise(work: Work) -> Iterator[int]:
    """Go through all phases once more, from the first.

    Args:
        work: with all of its strokes; between two phases, they and its canvas are whole.

    Yields:
        How many strokes have been gone through.
    """
    strokes, patches = Strokes.joined(work.laid), list(work.patches)
    canvas, through = work.bare(), work.open()
    ends = np.searchsorted(work.turns, np.arange(len(work.limits) + 1))
    for turn, (start, stop) in enumerate(pairwise(ends.tolist())):
        if start == stop:  # all of them have gone again
            continue
        later, paint = over(patches[stop:], strokes.colours[stop:], *through.shape)
        scene = _seen_below(work.scene(canvas, through), later, paint)
        new, drawn = _moved(work, turn, strokes[slice(start, stop)], scene)
        better = _better(work, new, drawn, strokes[slice(start, stop)], patches[start:stop], scene)
        for place in np.flatnonzero(better):
            patches[start + place] = drawn[place]
        strokes = _exchanged(strokes, start + np.flatnonzero(better), new[better])
        for patch, colour in zip(patches[start:stop], strokes.colours[start:stop], strict=True):
            lay(canvas, patch, colour)
            through[patch.rows, patch.columns] *= 1 - patch.alpha
        # Together, and the painter's own list: Ctrl-C in the next phase must not part them.
        whole = later[..., None] * canvas + paint
        work.laid, work.patches, work.canvas = [strokes], list(patches), whole
        yield stop
    work.settle_colours()


def over(patches: Sequence[Patch], colours: Array, height: int, width: int) -> tuple[Array, Array]:
    """What strokes do to a canvas: (H, W), what they let through, and (H, W, 3), what they add."""
    later, paint = np.ones((height, width), np.float32), np.zeros((height, width, 3), np.float32)
    for patch, colour in zip(reversed(patches), colours[::-1], strict=True):
        view = later[patch.rows, patch.columns]
        weight = patch.alpha * view
        paint[patch.rows, patch.columns] += weight[..., None] * colour
        view -= weight
    return later, paint


def _seen_below(scene: Scene, later: Array, paint: Array) -> Scene:
    """The aim of strokes that others lie over."""
    shown: Array = np.maximum(later, np.float32(HIDDEN))
    aim: Array = np.clip((scene.picture - paint) / shown[..., None], -1, 2)
    # Of the reward for covering bare canvas, which the care is multiplied with, A is left, not A².
    return Scene(aim, scene.canvas, scene.care * later * later, scene.through / shown)


def _moved(work: Work, turn: int, strokes: Strokes, scene: Scene) -> tuple[Strokes, list[Patch]]:
    """A phase's strokes, moved downhill from where they are; and as they are drawn."""
    geometry = strokes.geometry.copy()
    steps = round(STEPS * work.plan.steps)
    for some in _by_number(strokes):
        together = some.shape[1]
        place = np.rint(strokes.squares[some[:, 0]] * work.longer).astype(np.int64)
        squares = Squares(place[:, 0], place[:, 1], int(place[0, 2]))
        batch = work.cut(squares, scene)
        limits = work.limits[turn].up_to_the_rim(squares.outermost(work.height, work.width))
        begun = limits.clamp(torch.from_numpy(geometry[some]))
        for start in range(0, len(some), BATCH // together):
            part = start, start + BATCH // together
            geometry[some[slice(*part)]] = descend(
                begun[slice(*part)],
                batch.part(*part),
                work.network,
                limits.part(*part),
                steps,
                work.loss,
                RATE,
            ).numpy()
    moved = rounded(Strokes(strokes.squares, geometry, strokes.colours))
    drawn = work.draw(moved)
    colours = work.solve(drawn, strokes.colours, scene)
    return rounded(Strokes(strokes.squares, moved.geometry, colours)), drawn


def _by_number(strokes: Strokes) -> Iterator[NDArray[np.int64]]:
    """(W, k): the strokes of W squares that have k of them each; for each k that there is."""
    _, own = np.unique(strokes.squares, axis=0, return_inverse=True)
    number = np.bincount(own.reshape(-1))
    order = np.argsort(own.reshape(-1), kind="stable")
    first = np.concatenate([[0], np.cumsum(number)[:-1]])
    for count in np.unique(number):
        yield order[first[number == count][:, None] + np.arange(count)]


def _better(
    work: Work,
    new: Strokes,
    drawn: list[Patch],
    old: Strokes,
    before: list[Patch],
    scene: Scene,
) -> NDArray[np.bool_]:
    """(N,): whether a stroke's square comes closer by the new strokes."""
    gain = _error(old, before, scene) - _error(new, drawn, scene)
    sums = np.pad(gain.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    place = np.rint(old.squares * work.longer).astype(np.int64)
    left, right = (np.clip(place[:, 0] + d, 0, work.width) for d in (0, place[:, 2]))
    top, bottom = (np.clip(place[:, 1] + d, 0, work.height) for d in (0, place[:, 2]))
    total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return np.asarray(total > 0)


def _error(strokes: Strokes, patches: list[Patch], scene: Scene) -> Array:
    """(H, W): how far a canvas with these strokes is from its aim, as it counts."""
    canvas, through = scene.canvas.copy(), scene.through.copy()
    for patch, colour in zip(patches, strokes.colours, strict=True):
        lay(canvas, patch, colour)
        through[patch.rows, patch.columns] *= 1 - patch.alpha
    error = np.square(canvas - scene.picture) @ np.ones(3, np.float32)
    return np.asarray((error + BARE * through) * scene.care, np.float32)


def _exchanged(strokes: Strokes, places: NDArray[np.int64], new: Strokes) -> Strokes:
    geometry, colours = strokes.geometry.copy(), strokes.colours.copy()
    geometry[places], colours[places] = new.geometry, new.colours
    return Strokes(strokes.squares, geometry, colours)
