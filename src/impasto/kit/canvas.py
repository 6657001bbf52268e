"""How large a kit is and how fine: the canvas, the level, and the paper that it is printed on."""

from dataclasses import dataclass
from typing import Literal

from impasto.core.paper import parse_canvas_size
from impasto.errors import ImpastoError

LevelName = Literal["easy", "medium", "hard"]
Fit = Literal["whole", "fill"]

SMALLEST, LARGEST = 50.0, 2000.0
"""Millimetres of a canvas's side."""

SMALLEST_PAPER = 100.0


@dataclass(frozen=True)
class Level:
    """How fine the work is."""

    width: float
    """Millimetres of the narrowest region: what a brush of that size fills."""

    fine: float
    """The same where people look."""

    worth: float
    """What a region must be worth to stay, in regions of that width whose colour differs from
    their neighbour's by .05 in Oklab."""


LEVELS: dict[LevelName, Level] = {
    "easy": Level(6, 3.2, 2.5),
    "medium": Level(4, 2.2, 1.2),
    "hard": Level(3, 2.0, 0.5),
}


@dataclass(frozen=True)
class Canvas:
    """A canvas, or a sheet of paper, in millimetres."""

    width: float
    height: float

    def __str__(self) -> str:
        return f"{self.width / 10:g} × {self.height / 10:g} cm"

    def turned(self, width: float, height: float) -> "Canvas":
        """Upright for what is upright, lying for what lies."""
        short, long = sorted((self.width, self.height))
        return Canvas(long, short) if width > height else Canvas(short, long)

    def holds(self, width: int, height: int) -> tuple[float, float]:
        """Millimetres of the largest picture of this shape that fits."""
        scale = min(self.width / width, self.height / height)
        return width * scale, height * scale


def parse_paper(text: str) -> Canvas:
    """Read what the plan is printed on, as `parse_canvas` does.

    Raises:
        ImpastoError: as there, or it is smaller than a postcard.
    """
    paper = parse_canvas(text, "--paper")
    if min(paper.width, paper.height) < SMALLEST_PAPER:
        raise ImpastoError(f"--paper {text}: each side of a sheet must be at least 10 cm.")
    return paper


def parse_canvas(text: str, option: str = "--size") -> Canvas:
    """Read `40x50cm`, `300x400mm`, `16x20in` or the name of a paper, `A0` to `letter`.

    Raises:
        ImpastoError: it is none of these, or too small or too large.
    """
    return Canvas(*parse_canvas_size(text, option, SMALLEST, LARGEST))
