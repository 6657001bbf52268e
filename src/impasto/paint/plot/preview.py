"""What a plot will look like, and the way that the machine takes."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from impasto.core.images import FILTER, Picture
from impasto.paint.plot.job import Colour, Job
from impasto.paint.plot.lines import draw_line

FINE = 2
"""Pixels to one of the preview's: lines are drawn larger, then averaged."""

TRAVEL = (1.0, 0.1, 0.45)
PALE = 0.35
"""How much of a line's colour is left where travel is shown."""

GAP = 12
"""Pixels between the two halves."""


@dataclass(frozen=True)
class Begun:
    """What is on the canvas before the first line."""

    picture: Picture
    place: tuple[float, float, float, float]
    """Left, top, width and height on the canvas in millimetres."""


def drawn(job: Job, longer: int = 1_000, begun: Begun | None = None) -> Picture:
    """The finished plot: (H, W, 3), uint8, its longer side at `longer` pixels."""
    return _picture(job, longer, 1.0, begun, travel=False)


def preview(job: Job, longer: int = 1_000, begun: Begun | None = None) -> Picture:
    """The finished plot, and beside it pale lines under red travel moves.

    Args:
        job: what is drawn.
        longer: pixels of a half's longer side.
        begun: what is on the canvas before the first line.
    """
    halves = drawn(job, longer, begun), _picture(job, longer, PALE, begun, travel=True)
    gap = np.full((halves[0].shape[0], GAP, 3), 255, np.uint8)
    return np.concatenate([halves[0], gap, halves[1]], 1)


def _picture(
    job: Job, longer: int, strength: float, begun: Begun | None, *, travel: bool
) -> Picture:
    scale = FINE * longer / max(job.width, job.height)
    size = (max(FINE, round(job.width * scale)), max(FINE, round(job.height * scale)))
    bare = Image.new("RGB", size, _bytes(job.ground, 1.0, job.ground))
    sheet = bare.copy()
    if begun:
        left, top, across, down = (round(side * scale) for side in begun.place)
        there = Image.fromarray(begun.picture).resize((max(1, across), max(1, down)), FILTER)
        sheet.paste(there, (left, top))
        sheet = Image.blend(bare, sheet, strength)
    pen = ImageDraw.Draw(sheet)
    for layer in job.layers:
        colour = _bytes(layer.colour, strength, job.ground)
        for line in layer.lines:
            draw_line(pen, line.points * scale, colour, line.width * scale)
    if travel:
        at, red = (0.0, 0.0), _bytes(TRAVEL, 1.0, job.ground)
        for line in job.lines():
            (x, y), (end_x, end_y) = (line.points[[0, -1]] * scale).tolist()
            pen.line([at, (x, y)], red, 1)
            at = (end_x, end_y)
    small = sheet.resize((max(1, size[0] // FINE), max(1, size[1] // FINE)), Image.Resampling.BOX)
    return np.asarray(small)


def _bytes(colour: Colour, strength: float, ground: Colour) -> tuple[int, int, int]:
    red, green, blue = (
        round(255 * (below + strength * (value - below)))
        for value, below in zip(colour, ground, strict=True)
    )
    return red, green, blue
