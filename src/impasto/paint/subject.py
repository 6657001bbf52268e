"""A picture as it goes onto the canvas, whatever it is: a photograph, a generator's, a frame."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.console import track
from impasto.core.images import FILTER, Picture
from impasto.errors import ImpastoError
from impasto.paint.painter import LONGEST, Subject
from impasto.paint.palette import parse_colour
from impasto.paint.picture import most, read_care, read_painting
from impasto.paint.plot.sheet import lay_out
from impasto.paint.strokes_file import SHORTEST_SHARE

if TYPE_CHECKING:
    from impasto.paint.commission import Order

Array = NDArray[np.float32]

LEAST_CANVAS = 256
"""Pixels of the canvas's longer side, unless the painting is to be smaller: a small picture is
painted with strokes that are sharper than itself."""

NARROWEST = 2
"""Pixels of the canvas's shorter side: a single row has no structure."""


def subject_of(picture: Picture, order: "Order", size: int) -> Subject:
    """The picture as it goes onto the canvas: resized, restyled, with its mask and ground.

    Args:
        picture: (H, W, 3), uint8; of a film, a frame.
        order: how it is painted.
        size: pixels of the finished painting's longer side.

    Raises:
        ImpastoError: the canvas would be too narrow, or an option does not fit.
    """
    asked = f"--print {order.paper.name}" if order.paper else f"--size {size}"
    height, width = _canvas_sides(picture, size, asked)
    resized = Image.fromarray(picture).resize((width, height), FILTER)
    target = np.asarray(resized, np.float32) / np.float32(255)
    if order.style:
        from impasto.paint.style import recolour, retexture

        painting = read_painting(order.style)
        target = retexture(recolour(target, painting), painting, track=_style_bar)
    care = care_of(picture, order, height, width)
    subject = Subject(target, care, _ground(order.ground, target), order.texture or "none")
    if order.begun is None:
        return subject
    real = order.hand or order.plot
    sheet = lay_out(real.canvas, real.margin, width, height) if real else None
    begun = order.begun.upright(width, height, sheet)
    return replace(subject, begun=begun.astype(np.float32) / np.float32(255))


def care_of(picture: Picture, order: "Order", height: int, width: int) -> Array:
    """(height, width): the weight of each pixel's error on the canvas, by the order's mask.

    Args:
        picture: (H, W, 3), uint8, at any size.
        order: how it is painted.
        height: of the canvas.
        width: of it.

    Raises:
        ImpastoError: the mask is no picture, or it is to be found without what that needs.
    """
    if order.mask == "auto":
        from impasto.paint.careful import look_around

        return look_around(picture, width, height)
    if order.mask:
        return read_care(order.mask, width, height)
    return np.ones((height, width), np.float32)


def _canvas_sides(picture: Picture, size: int, asked: str) -> tuple[int, int]:
    """Pixels of the canvas that is worked on: height and width.

    Raises:
        ImpastoError: too narrow to be painted, or to be drawn again from its strokes.json.
    """
    rows, columns = picture.shape[:2]
    longer = min(most(columns, rows, LONGEST), size, max(rows, columns, LEAST_CANVAS))
    scale = longer / max(rows, columns)
    height, width = (max(1, round(side * scale)) for side in (rows, columns))
    short = min(height, width)
    if short < NARROWEST or short < SHORTEST_SHARE * max(height, width):
        raise ImpastoError(
            f"{asked}: this picture of {columns:,}×{rows:,} pixels would have a canvas of "
            f"{width}×{height}, too narrow to paint; choose a larger size, or crop the picture."
        )
    return height, width


def _style_bar(steps: range) -> Iterable[int]:
    return track(steps, "borrowing the style", len(steps), "steps")


def _ground(text: str, target: Array) -> tuple[float, float, float]:
    if text == "photo":
        colour = target.mean((0, 1))
    else:
        colour = parse_colour("#ffffff" if text == "white" else text, "--ground")
    return rounded(colour)


def rounded(colour: Array) -> tuple[float, float, float]:
    """A colour as it comes back from eight bits a channel."""
    red, green, blue = (round(float(value) * 255) / 255 for value in colour)
    return red, green, blue
