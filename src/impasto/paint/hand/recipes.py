"""Lists of paints with their recipes on pages: never smaller than one can read, so they flow."""

from collections.abc import Sequence
from dataclasses import dataclass

from impasto.core.colour import hexed
from impasto.core.pdf import latin, mm, simpleSplit
from impasto.paint.hand.paper import BOLD, EDGE, FONT, Paper

SIZE, LEADING = 8.5, 3.5
"""Points of the letters, and millimetres from one line of a recipe to the next."""

BETWEEN, GUTTER = 1.8, 5.0
"""Millimetres between two paints, and between two columns of them."""

SWATCH, WORDS = 8.0, 17.0
"""Where swatch and words begin, in millimetres from the number's left."""


@dataclass(frozen=True)
class Entry:
    """A paint: its number, its colour, and what is said of it."""

    number: int
    colour: tuple[float, float, float]
    words: str

    def lines(self, width: float) -> list[str]:
        """The words, broken to a column of so many millimetres."""
        return list(simpleSplit(latin(self.words), FONT, SIZE, (width - WORDS) * mm))

    def height(self, width: float) -> float:
        """In millimetres."""
        return LEADING * len(self.lines(width)) + BETWEEN


def height_of(entries: Sequence[Entry], width: float) -> float:
    """Of one column, in millimetres."""
    return sum(entry.height(width) for entry in entries)


def draw_column(
    sheet: Paper, entries: Sequence[Entry], left: float, top: float, width: float, height: float
) -> int:
    """Draw as many as there is room for, one below the other; how many these are."""
    y = top
    for done, entry in enumerate(entries):
        if y + entry.height(width) > top + height and (done or height < sheet.room.height):
            return done
        sheet.text(left, y + LEADING, str(entry.number), SIZE + 0.5, BOLD)
        sheet.swatch(left + SWATCH, y + 0.4, hexed(entry.colour), 7, LEADING)
        for number, line in enumerate(entry.lines(width), start=1):
            sheet.text(left + WORDS, y + LEADING * number - 0.2, line, SIZE)
        y += entry.height(width)
    return len(entries)


def draw_columns(
    sheet: Paper, entries: Sequence[Entry], top: float, columns: int, title: str
) -> None:
    """Fill a page's columns from `top` on, then those of further pages; the last one is shown."""
    width = (sheet.room.width - GUTTER * (columns - 1)) / columns
    column = 0
    while entries:
        if column == columns:
            sheet.page.showPage()
            sheet.begin()
            sheet.text(EDGE, EDGE + 5, title, 12, BOLD, sheet.room.width)
            column, top = 0, EDGE + 9
        left = EDGE + column * (width + GUTTER)
        entries = entries[
            draw_column(sheet, entries, left, top, width, sheet.height - EDGE - top) :
        ]
        column += 1
    sheet.page.showPage()
