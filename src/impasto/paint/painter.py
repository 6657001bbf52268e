"""From a picture to strokes."""

from collections.abc import Callable

from impasto.paint.document import Painting
from impasto.paint.optimise import Loss, Network, pixel_loss
from impasto.paint.pace import Pace
from impasto.paint.plan import Look as Look
from impasto.paint.plan import Plan as Plan
from impasto.paint.plan import Subject as Subject
from impasto.paint.revise import revise
from impasto.paint.work import Snap as Snap
from impasto.paint.work import Work as Work

LONGEST = 1024
"""The longer side of the canvas that is worked on; what is drawn later may be larger."""

REVISION = 0.6
"""Of the time of painting strokes that going through them once more takes."""


def paint(
    subject: Subject,
    brush: str,
    network: Network,
    plan: Plan,
    pace: Pace,
    watch: Callable[[Look], None] = lambda look: None,
    loss: Loss = pixel_loss,
    snap: Snap | None = None,
) -> Painting:
    """Paint a picture.

    Args:
        subject: what.
        brush: the name of the brush that draws the strokes.
        network: the stroke network that imitates it, differentiably.
        plan: how.
        pace: keeps the time.
        watch: called after each phase.
        loss: what the strokes' geometry lowers.
        snap: to the palette's colours; any colour if not given.

    Returns:
        The painting; drawn at its own size it is what the last look showed. After Ctrl-C, or
        when the time is up, it has fewer strokes than planned.
    """
    work = Work(subject, brush, network, plan, pace, loss, snap)
    whole = plan.laid + REVISION * plan.revisions * plan.strokes

    def show(done: float) -> None:
        watch(Look(work.canvas, round(plan.strokes * done / whole), plan.strokes))

    try:
        for _ in work.phases():
            show(len(work.patches))
            if pace.over():
                break
        work.thin_out()
        for number in range(plan.revisions):
            for revised in revise(work):
                show(plan.laid + REVISION * (number * plan.strokes + revised))
    except KeyboardInterrupt:  # what is on the canvas is kept
        pace.stopped = True
    work.settle_colours()
    watch(Look(work.canvas, len(work.patches), plan.strokes))
    return work.painting()
