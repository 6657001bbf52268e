"""A page of a PDF on which millimetres count from the upper left, and parts of a canvas on it."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.images import Picture
from impasto.core.pdf import HexColor, ImageReader, latin, mm, simpleSplit

FONT, BOLD = "Helvetica", "Helvetica-Bold"
INK, FAINT = "#1a1a1a", "#8a8a8a"
SMALLEST = 8.0
"""Points of the smallest letters."""

EDGE = 12.0
"""Millimetres that stay white around a page."""


@dataclass(frozen=True)
class Frame:
    """A part of the canvas on a page: millimetres of both."""

    left: float
    """On the page, from its left."""

    top: float
    scale: float
    """Millimetres of the page to one of the canvas."""

    x: float
    """The part's left on the canvas."""

    y: float
    width: float
    """On the canvas."""

    height: float

    @classmethod
    def fitting(
        cls, part: tuple[float, float, float, float], left: float, top: float, room: "Room"
    ) -> "Frame":
        """As large as there is room, in its middle."""
        x, y, width, height = part
        scale = min(room.width / width, room.height / height)
        return cls(left + (room.width - width * scale) / 2, top, scale, x, y, width, height)


@dataclass(frozen=True)
class Room:
    """Millimetres of a page that are free."""

    width: float
    height: float


class Paper:
    """A page on which millimetres count from the upper left."""

    def __init__(self, page: Any, size: tuple[float, float]) -> None:
        self.page, (self.width, self.height) = page, size
        self.room = Room(self.width - 2 * EDGE, self.height - 2 * EDGE)

    @property
    def is_lying(self) -> bool:
        """Whether it is broader than high."""
        return self.width > self.height

    def begin(self) -> None:
        """The next page has this size."""
        self.page.setPageSize((self.width * mm, self.height * mm))

    def text(
        self, x: float, y: float, words: str, size: float = 9, font: str = FONT, room: float = 1e9
    ) -> None:
        """A line; smaller where there is less room, as long as it can be read."""
        words = latin(words)
        while size > SMALLEST and self.page.stringWidth(words, font, size) > room * mm:
            size -= 0.25
        while self.page.stringWidth(words, font, size) > room * mm and len(words) > 4:
            words = words[:-4] + "..."
        self.page.setFillColor(HexColor(INK))
        self.page.setFont(font, size)
        self.page.drawString(x * mm, (self.height - y) * mm, words)

    def lines(self, x: float, y: float, words: str, size: float, font: str, room: float) -> float:
        """Words in as many lines as they need; how many millimetres these take."""
        lines = simpleSplit(latin(words), font, size, room * mm)
        for number, line in enumerate(lines):
            self.text(x, y + 0.43 * size * number, line, size, font)
        return float(0.43 * size * len(lines))

    def swatch(self, x: float, y: float, colour: str, width: float = 8, height: float = 4) -> None:
        """A rectangle in a colour."""
        self.page.setStrokeColor(HexColor(FAINT))
        self.page.setLineWidth(0.1 * mm)
        self.page.setFillColor(HexColor(colour))
        down = (self.height - y - height) * mm
        self.page.rect(x * mm, down, width * mm, height * mm, fill=1)

    def picture(self, picture: Picture, frame: Frame) -> None:
        """A picture of that part of the canvas."""
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=88)
        wide, high = frame.width * frame.scale, frame.height * frame.scale
        down = (self.height - frame.top - high) * mm
        reader = ImageReader(io.BytesIO(buffer.getvalue()))
        self.page.drawImage(reader, frame.left * mm, down, wide * mm, high * mm)

    def place(self, frame: Frame, points: NDArray[np.float64]) -> list[tuple[float, float]]:
        """Points of the canvas, in the page's own units."""
        x = frame.left + (points[:, 0] - frame.x) * frame.scale
        y = self.height - frame.top - (points[:, 1] - frame.y) * frame.scale
        return [(float(a) * mm, float(b) * mm) for a, b in zip(x, y, strict=True)]

    def clip(self, frame: Frame) -> None:
        """What follows shows inside of the frame only, until the state is restored."""
        window = self.page.beginPath()
        high = frame.height * frame.scale
        down = (self.height - frame.top - high) * mm
        window.rect(frame.left * mm, down, frame.width * frame.scale * mm, high * mm)
        self.page.clipPath(window, stroke=0)
