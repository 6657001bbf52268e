"""Reads a kit's pages as a person would: draws them, finds each number, and tells its digits apart.

PDFium draws the page and says where characters lie. Each digit's pixels are then compared with the
ten digits drawn alone, so a number that an outline crosses, that another one covers, or that is
too small to be told is found, whatever the page's text says. No OCR: the alphabet is known.
"""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image

MM = 72 / 25.4
DOTS = 600
"""An inch, as home printers have."""

SHAPE = (36, 24)
"""Height and width at which digits are compared."""

LIKE = 0.6
"""Correlation of a digit's pixels with the same digit alone."""

FREE = 0.12
"""Millimetres around a number without any other ink."""

LEAST_HEIGHT = 1.1
"""Millimetres; type whose tallest digits have 1.2 is drawn, and a 7 is lower."""


@dataclass(frozen=True)
class Number:
    """A number on a page; its box in millimetres from the lower left."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    faults: tuple[str, ...]
    """Why it cannot be read; empty where it can."""


def read_page(path: Path, number: int) -> list[Number]:
    """All whole numbers on a page, with what is wrong with each."""
    document = pypdfium2.PdfDocument(path)
    page = document[number % len(document)]
    found = _numbers(page)
    ink = _drawn(page)
    read = []
    for at, (text, boxes) in enumerate(found):
        left, bottom = min(b[0] for b in boxes), min(b[1] for b in boxes)
        right, top = max(b[2] for b in boxes), max(b[3] for b in boxes)
        faults = []
        if (top - bottom) / MM < LEAST_HEIGHT:
            faults.append(f"{(top - bottom) / MM:.2f} mm high")
        for digit, box in zip(text, boxes, strict=True):
            seen, likeness = _recognised(ink, box)
            if seen != digit or likeness < LIKE:
                faults.append(f"{digit} looks like {seen} ({likeness:.2f})")
        if _crowded(ink, boxes):
            faults.append("touched by a line")
        for other, (_, others) in enumerate(found):
            if other != at and any(_overlap(a, b) for a in boxes for b in others):
                faults.append("covered by another number")
        read.append(Number(text, left / MM, bottom / MM, right / MM, top / MM, tuple(faults)))
    document.close()
    return read


Ink = NDArray[np.uint8]
Places = tuple[float, float, float, float]


def _numbers(page: Any) -> list[tuple[str, list[Places]]]:
    """Runs of digits that stand side by side, with each digit's own box in points."""
    texts = page.get_textpage()
    found: list[tuple[str, list[Places]]] = []
    for at in range(texts.count_chars()):
        sign = texts.get_text_range(at, 1)
        if not sign.isdecimal():
            continue
        box: Places = texts.get_charbox(at)
        if found and _beside(found[-1][1][-1], box):
            before, boxes = found[-1]
            found[-1] = before + sign, [*boxes, box]
        else:
            found.append((sign, [box]))
    return found


def _beside(one: Places, other: Places) -> bool:
    height = one[3] - one[1]
    level = abs(one[1] - other[1]) < 0.1 * height and abs(one[3] - other[3]) < 0.1 * height
    return level and -0.1 * height < other[0] - one[2] < 0.6 * height


def _overlap(one: Places, other: Places) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    return across > 0 and min(one[3], other[3]) > max(one[1], other[1])


def _drawn(page: Any) -> Ink:
    """The page's pixels: 0 is paper, 255 black."""
    picture = page.render(scale=DOTS / 72, grayscale=True).to_numpy()
    return np.asarray(255 - picture.reshape(picture.shape[:2]), np.uint8)


def _crowded(ink: Ink, boxes: list[Places]) -> bool:
    """Whether there is ink close around a number that is not its own."""
    scale, far = DOTS / 72, FREE * MM
    left, bottom = min(b[0] for b in boxes) - far, min(b[1] for b in boxes) - far
    right, top = max(b[2] for b in boxes) + far, max(b[3] for b in boxes) + far
    up, start = int(len(ink) - top * scale), int(left * scale)
    around = ink[up : int(len(ink) - bottom * scale) + 1, start : int(right * scale) + 1].copy()
    for box in boxes:
        rows = slice(
            int(len(ink) - box[3] * scale) - up - 2, int(len(ink) - box[1] * scale) - up + 3
        )
        columns = slice(int(box[0] * scale) - start - 2, int(box[2] * scale) - start + 3)
        around[max(0, rows.start) : rows.stop, max(0, columns.start) : columns.stop] = 0
    return bool(around.size and around.max() > 50)


def _shaped(ink: Ink, box: Places) -> NDArray[np.float32]:
    """The pixels in a box, to be compared: 36 × 24, mean 0, length 1."""
    left, bottom, right, top = (value * DOTS / 72 for value in box)
    edges = (left, len(ink) - top, right, len(ink) - bottom)
    rows = slice(max(0, int(edges[1]) - 2), int(edges[3]) + 3)
    columns = slice(max(0, int(edges[0]) - 2), int(edges[2]) + 3)
    x, y = columns.start, rows.start
    inner = (edges[0] - x, edges[1] - y, edges[2] - x, edges[3] - y)
    part = Image.fromarray(ink[rows, columns].astype(np.float32))
    small = part.resize(SHAPE[::-1], Image.Resampling.BILINEAR, box=inner)
    even = np.asarray(small, np.float32) - np.asarray(small, np.float32).mean()
    return np.asarray(even / max(float(np.linalg.norm(even)), 1e-9))


def _recognised(ink: Ink, box: Places) -> tuple[str, float]:
    """The digit that it looks like most, and how much."""
    seen = _shaped(ink, box)
    likeness = [float((seen * digit).sum()) for digit in _alphabet()]
    best = int(np.argmax(likeness))
    return str(best), likeness[best]


@cache
def _alphabet() -> list[NDArray[np.float32]]:
    """The ten digits, each drawn alone on white."""
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(300, 40))
    canvas.setFont("Helvetica", 8)
    canvas.setFillGray(0.2)
    for digit in range(10):
        canvas.drawString(10 + 25 * digit, 10, str(digit))
    canvas.save()
    page = pypdfium2.PdfDocument(buffer.getvalue())[0]
    ink = _drawn(page)
    return [_shaped(ink, boxes[0]) for _, boxes in _numbers(page)]
