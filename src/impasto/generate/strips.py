"""Labelled sheets: rows of pictures with a word beside each and an axis above."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from impasto.core.images import FILTER, Picture, grid

LEAST_IN_A_FILM = 256
"""Small pictures are doubled until their shorter side has this many pixels: players blur worse."""

LEAST_SIDE = 96
"""Pictures smaller than this are enlarged, so that there is room for the words."""

GAP, LINE = 3, 15
INK, QUIET, PAPER = (38, 34, 29), (117, 108, 95), (255, 255, 255)


def labelled(
    pictures: NDArray[np.uint8],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str = "",
) -> Picture:
    """Draw a table of pictures.

    Args:
        pictures: (R, C, H, W, 3), uint8.
        rows: R texts, each to the left of its row; a line break begins a new line.
        columns: C texts, each above its column.
        title: a line above everything.

    Returns:
        One picture, HWC.
    """
    font, across = ImageFont.load_default(12), len(columns)
    flat = pictures.reshape(-1, *pictures.shape[2:])
    if min(flat.shape[1:3]) < LEAST_SIDE:
        flat = np.stack([enlarge(picture, LEAST_SIDE) for picture in flat])
    height, width = flat.shape[1:3]
    left = 2 * GAP + max((_width(font, text) for text in rows), default=0)
    top = GAP + LINE * ((1 if title else 0) + (1 if any(columns) else 0))
    sheet = Image.new("RGB", (left + across * (width + GAP) + GAP, top), PAPER)
    sheet = sheet.crop((0, 0, max(sheet.width, _width(font, title) + 2 * GAP), sheet.height))
    table = grid(flat, across, GAP)
    whole = Image.new("RGB", (sheet.width, top + table.shape[0]), PAPER)
    whole.paste(Image.fromarray(table), (left, top))
    draw = ImageDraw.Draw(whole)
    draw.text((GAP, GAP), title, INK, font)
    for number, text in enumerate(columns):
        middle = left + GAP + number * (width + GAP) + width / 2
        draw.text((middle, top - 3), text, QUIET, font, anchor="ms")
    for number, text in enumerate(rows):
        middle = top + GAP + number * (height + GAP) + height / 2
        draw.multiline_text((GAP, middle), text, INK, font, anchor="lm", spacing=2)
    return np.asarray(whole)


def captioned(
    pictures: NDArray[np.uint8], words: Sequence[str], columns: int | None = None
) -> Picture:
    """Lay pictures out with a line below each.

    Args:
        pictures: (N, H, W, 3), uint8.
        words: N texts; what is too long for its place ends in an ellipsis.
        columns: pictures in a row; as square as possible if not given.

    Returns:
        One picture, HWC.
    """
    count, height, width, _ = pictures.shape
    line = max(LINE, height // 12)
    font = ImageFont.load_default(line - 3)
    room = max(width, min(72, max(_width(font, text) for text in words)))
    cells = np.full((count, height + line, room, 3), 255, np.uint8)
    left = (room - width) // 2
    cells[:, :height, left : left + width] = pictures
    for cell, text in zip(cells, words, strict=True):
        image = Image.fromarray(cell)
        ImageDraw.Draw(image).text(
            (room / 2, height + line - 4), _cut(font, text, room), INK, font, anchor="ms"
        )
        cell[:] = np.asarray(image)
    return grid(cells, columns)


def _cut(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str, room: int) -> str:
    """A text, cut so that it is no wider than so many pixels."""
    if _width(font, text) <= room:
        return text
    while text and _width(font, text + "…") > room:
        text = text[:-1]
    return text + "…"


def _width(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str) -> int:
    return int(max((font.getlength(line) for line in text.split("\n")), default=0)) + 1


def enlarge(picture: Picture, side: int | None = None) -> Picture:
    """Resize so that the shorter side has `side` pixels; double small ones if not given."""
    height, width, _ = picture.shape
    shorter = min(height, width)
    if side is None:
        side = shorter
        while side < LEAST_IN_A_FILM:
            side *= 2
    if side == shorter:
        return picture
    size = (round(width * side / shorter), round(height * side / shorter))
    return np.asarray(Image.fromarray(picture).resize(size, FILTER))
