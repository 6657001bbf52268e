"""A picture that moves: strokes stay where it does not, and are painted over where it does.

Painted anew, two frames that a camera's noise tells apart have other strokes everywhere, and the
film boils. Here only what has changed is painted, over what was there; everywhere else the canvas
itself is what is to be painted, so that a new stroke that reaches out there counts as an error.
Strokes of which nothing is seen any more are taken away.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from impasto.paint.canvas import Patch, to_bytes
from impasto.paint.document import Painting, Strokes
from impasto.paint.levels import Level, plan_levels
from impasto.paint.optimise import Dictionary, Loss, Network, pixel_loss
from impasto.paint.pace import Pace
from impasto.paint.painter import Plan, Snap, Subject, Work
from impasto.paint.work import THINNING
from impasto.paint.worth import worth

Array = NDArray[np.float32]

NOTICED = 12
"""Grey levels, of 255, by which a neighbourhood has changed: more than compression changes."""

AROUND = 2
"""Pixels of that neighbourhood to each side, and by which what has changed is widened."""

SPECK = 64
"""Pixels: where fewer have changed, nothing is painted."""

CUT = 0.9
"""Where this share has changed, it is another picture, and begun on a bare canvas."""

DENSER = 1.5
"""Strokes that are laid over each one where the picture has changed: it has to be hidden."""

HIDDEN = 0.05
"""Squared error, of all its pixels together, by which a stroke is seen that nobody misses."""

SPARE = 1.5
"""There are at most so many times as many strokes as on the first frame."""

ROOM = 4.0
"""A new stroke's square is at most so many times as large as all that has changed."""


@dataclass
class Moving:
    """A painting that follows a film."""

    brush: str
    network: Network
    plan: Plan
    """For the first frame."""

    loss: Loss = pixel_loss
    snap: Snap | None = None
    look: Callable[[int, int], Array] | None = None
    """Called with a height and a width for the weight of each pixel of the frame that is shown,
    (H, W), if it is painted; the subject's own if not given."""

    _strokes: Strokes = field(default_factory=Strokes.none)
    _patches: list[Patch] = field(default_factory=list)
    _canvas: Array | None = None
    _source: Array | None = None
    """The film as it was when each place was last painted."""

    _dictionaries: dict[tuple[float, float], Dictionary] = field(default_factory=dict)

    def show(self, subject: Subject) -> Array:
        """Paint the next frame.

        Args:
            subject: the frame; all of one size.

        Returns:
            (H, W, 3), the canvas, in [0, 1].
        """
        if self._source is None or self._canvas is None:
            return self._begin(subject)
        new = changed(self._source, subject.picture)
        if new.sum() < SPECK:
            return self._canvas
        if new.mean() > CUT:
            return self._begin(subject)
        self._source = np.where(new[..., None], subject.picture, self._source)
        target = np.where(new[..., None], subject.picture, self._canvas)
        return self._paint_over(replace(subject, picture=target), new)

    def painting(self, subject: Subject) -> Painting:
        """The strokes that are on the canvas now."""
        return self._work(subject, 0).painting()

    def _begin(self, subject: Subject) -> Array:
        subject = self._with_care(subject)
        self._strokes, self._patches, self._source = Strokes.none(), [], subject.picture
        work = self._work(subject, self.plan.strokes)
        for _ in work.phases():
            pass
        work.settle_colours()
        return self._keep(work)

    def _paint_over(self, subject: Subject, new: NDArray[np.bool_]) -> Array:
        subject = self._with_care(subject)
        there = sum(_middle(patch, new) for patch in self._patches)
        share = round(self.plan.strokes * float(new.mean()))
        count = max(self.plan.together, round(DENSER * max(there, share)))
        work = self._work(subject, count)
        for _ in work.phases(self._levels(new)):
            pass
        self._leave(work)
        return self._keep(work)

    def _with_care(self, subject: Subject) -> Subject:
        if self.look is None:
            return subject
        return replace(subject, care=self.look(*subject.picture.shape[:2]))

    def _work(self, subject: Subject, count: int) -> Work:
        plan = replace(self.plan, strokes=count)
        pace = Pace(count, plan.steps)
        work = Work(subject, self.brush, self.network, plan, pace, self.loss, self.snap)
        work.dictionaries = self._dictionaries
        work.take(self._strokes, list(self._patches))
        return work

    def _keep(self, work: Work) -> Array:
        self._strokes, self._patches = Strokes.joined(work.laid), work.patches
        self._canvas = work.canvas
        return work.canvas

    def _levels(self, new: NDArray[np.bool_]) -> list[Level]:
        """Those of the whole picture whose squares are not much larger than what has changed."""
        height, width = new.shape
        levels = plan_levels(height, width, self.plan.strokes, self.plan.together)
        return [each for each in levels if each.side**2 <= ROOM * new.sum()] or levels[-1:]

    def _leave(self, work: Work) -> None:
        """Take away strokes that are hidden; others only where they become far too many."""
        for rounds in range(THINNING, 0, -1):
            strokes = Strokes.joined(work.laid)
            if len(strokes) <= self.plan.strokes:
                return
            seen = self._seen(work, strokes)
            too_many = math.ceil((len(strokes) - round(SPARE * self.plan.strokes)) / rounds)
            gone = _apart(work.patches, np.argsort(seen, kind="stable"), seen < HIDDEN)
            gone = gone[: len(strokes) - self.plan.strokes]
            if len(gone) < too_many:
                gone = np.argsort(seen, kind="stable")[:too_many]
            if not len(gone):
                return
            stay = np.setdiff1d(np.arange(len(strokes)), gone)
            work.take(strokes[stay], [work.patches[index] for index in stay])

    def _seen(self, work: Work, strokes: Strokes) -> Array:
        """(N,): how much the canvas changes without each of its strokes."""
        ground = np.full_like(work.canvas, work.subject.ground)
        alike = np.ones(work.canvas.shape[:2], np.float32)
        return worth(work.patches, strokes.colours, ground, work.canvas, alike)


def changed(before: Array, after: Array) -> NDArray[np.bool_]:
    """Where a picture has changed by more than noise: (H, W, 3), twice, in [0, 1] → (H, W)."""
    apart = to_bytes(np.abs(after - before).max(2))
    near = Image.fromarray(apart).filter(ImageFilter.BoxBlur(AROUND))
    marked = near.point([255 * (level >= NOTICED) for level in range(256)])
    return np.asarray(marked.filter(ImageFilter.MaxFilter(2 * AROUND + 1))) > 0


def _apart(
    patches: Sequence[Patch], order: NDArray[np.intp], hidden: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Hidden strokes, in this order, whose rectangles do not meet.

    One of two that meet may be hidden by the other only, and be seen when that has gone.
    """
    rows = max((patch.rows.stop for patch in patches), default=0)
    columns = max((patch.columns.stop for patch in patches), default=0)
    taken, chosen = np.zeros((rows, columns), bool), []
    for index in order[hidden[order]].tolist():
        place = patches[index].rows, patches[index].columns
        if not taken[place].any():
            taken[place] = True
            chosen.append(index)
    return np.array(chosen, np.intp)


def _middle(patch: Patch, mask: NDArray[np.bool_]) -> bool:
    """Whether the middle of a stroke's rectangle lies in a mask; of one outside, it does not."""
    row = (patch.rows.start + patch.rows.stop) // 2
    column = (patch.columns.start + patch.columns.stop) // 2
    inside = row < mask.shape[0] and column < mask.shape[1]
    return inside and bool(mask[row, column])
