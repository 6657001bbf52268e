"""From a subject to a painting that a hand can paint."""

from dataclasses import dataclass, replace

import numpy as np

from impasto.brush.choice import known_brush
from impasto.paint.canvas import bare, to_bytes
from impasto.paint.document import Paint, Painting
from impasto.paint.hand.layers import Array, Goal, arranged, nearness
from impasto.paint.hand.means import HandOrder, fitting_brushes, mixtures
from impasto.paint.painter import Plan, Subject
from impasto.paint.palette import snapper
from impasto.paint.plot.sheet import Sheet, lay_out


@dataclass(frozen=True)
class Hand:
    """What one picture is painted with, and what its strokes are brought to in the end."""

    subject: Subject
    sheet: Sheet
    paints: tuple[Paint, ...]
    brushes: tuple[float, ...]
    """Millimetres, the broadest first."""

    @classmethod
    def for_picture(cls, order: HandOrder, subject: Subject, brush: str, strokes: int) -> "Hand":
        """Choose mixtures and brushes.

        Raises:
            ImpastoError: the margin leaves no room, or a brush does not fit.
        """
        height, width, _ = subject.picture.shape
        sheet = lay_out(order.canvas, order.margin, width, height)
        chosen = fitting_brushes(order, sheet, known_brush(brush), height, width, strokes)
        return cls(subject, sheet, mixtures(subject.picture, subject.care, order), chosen)

    @property
    def colours(self) -> Array:
        """(K, 3), of the mixtures."""
        return np.array([paint.colour for paint in self.paints], np.float32)

    def plan(self, plan: Plan) -> Plan:
        """The same with the brushes' widths."""
        return replace(plan, brushes=tuple(one / self.sheet.longer for one in self.brushes))

    def arranged(self, painting: Painting) -> Painting:
        """The painting in an order that can be painted."""
        picture, care = self.subject.picture, self.subject.care
        below, snap = bare(painting, *picture.shape[:2]), snapper(self.colours)
        wanted = np.stack([snap(row) for row in picture])  # else tones are mixed by stripes
        goal = Goal(wanted, care, below, nearness(to_bytes(picture)))
        return arranged(painting, goal, self.sheet, self.paints, self.brushes)
