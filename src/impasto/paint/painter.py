"""From a picture to strokes."""

from collections.abc import Callable

from impasto.core.interrupts import noted
from impasto.paint.optimise import Loss, Network, pixel_loss
from impasto.paint.pace import Pace
from impasto.paint.plan import Look as Look
from impasto.paint.plan import Plan as Plan
from impasto.paint.plan import Subject as Subject
from impasto.paint.revise import revise
from impasto.paint.work import Snap as Snap
from impasto.paint.work import Work as Work

LONGEST = 1024
"""Pixels of the working canvas's longer side; a panorama's is longer, and so may be what is drawn
from its strokes."""

REVISION = 0.6
"""The time that revising a stroke takes, as a share of the time that painting it took."""


def paint(
    subject: Subject,
    brush: str,
    network: Network,
    plan: Plan,
    pace: Pace,
    watch: Callable[[Look], None] = lambda look: None,
    loss: Loss = pixel_loss,
    snap: Snap | None = None,
) -> Work:
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
        The work with its painting, and with its canvas: the painting drawn at its own size. There
        are never more strokes than planned, and fewer where Ctrl-C or the end of the time came
        before so many were laid.

    Raises:
        KeyboardInterrupt: Ctrl-C before the first strokes were laid: there is nothing to keep.
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
    except KeyboardInterrupt:
        if not work.laid:
            raise
        pace.stopped = True
    try:
        if pace.stopped:
            with noted(lambda: None):  # an impatient second press
                work.thin_out_at_once()
        work.settle_colours()
        watch(Look(work.canvas, len(work.patches), plan.strokes))
    except KeyboardInterrupt:
        pace.stopped = True
        work.lay_again()
    return work
