"""What there is to paint with: a canvas in millimetres, brushes that exist, mixtures of paints."""

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.brush.settings import BrushSettings
from impasto.core.colour import from_oklab, hexed, to_oklab, triple
from impasto.errors import ImpastoError
from impasto.paint.document import Paint
from impasto.paint.levels import usual_sides
from impasto.paint.plot.sheet import Sheet
from impasto.paints.colours import as_wanted, choose_colours, nearest
from impasto.paints.mixing import Paints

Array = NDArray[np.float32]

SOLD = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150)
"""Millimetres of the flat brushes that shops have."""

MOST_BRUSHES = 12
THINNEST, BROADEST = 0.5, 500.0
"""Millimetres."""

FINEST = 0.002
"""The thinnest brush, as a share of the painting's longer side: finer the painter does not see."""


@dataclass(frozen=True)
class HandOrder:
    """What a hand has to paint with."""

    canvas: tuple[float, float]
    """Millimetres."""

    margin: float = 0.0
    brushes: tuple[float, ...] = ()
    """Widths in millimetres; those that shops have if none are given."""

    paints: Paints | None = None
    """That every colour is mixed from; any colour if not given."""

    colours: int = 16
    """The most mixtures."""


def parse_brushes(text: str) -> tuple[float, ...]:
    """Read `--brushes`: widths in millimetres, such as `3,8,20`.

    Returns:
        The broadest first, each once.

    Raises:
        ImpastoError: it is no list of widths, or one that no brush has.
    """
    parts = [part.strip().lower().removesuffix("mm").strip() for part in text.split(",")]
    if not all(re.fullmatch(r"\d{1,4}(\.\d{1,2})?", part) for part in parts):
        raise ImpastoError(f"--brushes {text}: write widths in millimetres, such as 3,8,20.")
    widths = sorted({float(part) for part in parts}, reverse=True)
    for width in (widths[0], widths[-1]):
        if not THINNEST <= width <= BROADEST:
            raise ImpastoError(
                f"--brushes {text}: a brush is {THINNEST:g} to {BROADEST:g} mm wide."
            )
    if len(widths) > MOST_BRUSHES:
        raise ImpastoError(f"--brushes {text}: name at most {MOST_BRUSHES} brushes.")
    return tuple(widths)


def fitting_brushes(
    order: HandOrder, sheet: Sheet, brush: BrushSettings, height: int, width: int, strokes: int
) -> tuple[float, ...]:
    """Widths in millimetres to paint a picture with, the broadest first.

    Args:
        order: which brushes there are.
        sheet: the painting's place on the canvas.
        brush: how the strokes look.
        height: of the working canvas in pixels.
        width: of it.
        strokes: how many there are to be.

    Raises:
        ImpastoError: a brush is too broad or too thin for a painting of this size.
    """
    across = sheet.longer / max(height, width)  # millimetres of a pixel
    if not order.brushes:
        wanted = [brush.usual_width * side * across for side in usual_sides(height, width, strokes)]
        sold = np.array([one for one in SOLD if one >= FINEST * sheet.longer])
        found = {float(sold[np.abs(np.log(sold / one)).argmin()]) for one in wanted}
        return tuple(sorted(found, reverse=True))
    most = brush.width(1.0) * min(height, width) * across
    least = FINEST * sheet.longer
    for one in order.brushes:
        if not least <= one <= most:
            # Rounded inwards, and none that is no brush: what is advised is taken.
            thin = max(math.ceil(10 * least) / 10, THINNEST)
            broad = min(math.floor(10 * most) / 10, BROADEST)
            raise ImpastoError(
                f"--brushes: {one:g} mm does not fit a painting of {sheet.across:.0f} × "
                f"{sheet.down:.0f} mm; take brushes of {thin:g} to {broad:g} mm."
            )
    return order.brushes


def mixtures(picture: Array, care: Array, order: HandOrder) -> tuple[Paint, ...]:
    """The colours that serve a picture best, each with its recipe; the lightest first.

    Args:
        picture: (H, W, 3), sRGB in [0, 1].
        care: (H, W), how much an error counts.
        order: from which paints, how many.
    """
    lab = to_oklab(picture).astype(np.float32)
    chooser = order.paints.chooser if order.paints else as_wanted
    table = choose_colours(lab, care, order.colours, chooser)
    table = table[np.argsort(-table[:, 0])]
    colours = np.rint(from_oklab(table).clip(0, 1) * 255) / 255
    if order.paints is None:
        return tuple(Paint(hexed(triple(colour)), triple(colour)) for colour in colours)
    found = []
    which = nearest(lab.reshape(-1, 3), table)
    for number, (place, colour) in enumerate(zip(table, colours, strict=True)):
        served = lab.reshape(-1, 3)[which == number]
        wanted = from_oklab(served.mean(0) if len(served) else place).clip(0, 1)
        recipe = order.paints.recipe_for(place, wanted)
        found.append(Paint(recipe.recipe(), triple(colour), round(recipe.delta_e, 1)))
    return tuple(found)
