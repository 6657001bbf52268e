"""Sizes in print: paper, centimetres, dots per inch."""

import math
import re
from dataclasses import dataclass

from impasto.errors import ImpastoError

CENTIMETRES_IN_AN_INCH = 2.54
SERIES_A = {f"A{n}": size for n, size in enumerate(
    ((84.1, 118.9), (59.4, 84.1), (42.0, 59.4), (29.7, 42.0), (21.0, 29.7), (14.8, 21.0),
     (10.5, 14.8))
)}  # fmt: skip
PAPERS = SERIES_A | {"LETTER": (21.59, 27.94), "LEGAL": (21.59, 35.56), "TABLOID": (27.94, 43.18)}
"""Width and height in centimetres (ISO 216; ANSI/ASME Y14.1)."""

DPI = 300.0
"""Dots per inch that photo printers usually expect."""

LARGEST_SIDE = 16_384
"""Largest side in pixels: 139 cm at 300 dots per inch."""

SMALLEST_PRINT, LARGEST_PRINT = 10.0, 10_000.0
"""Millimetres of a print's side."""

_UNITS = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4, '"': 25.4}
_SIZE = re.compile(
    r"(\d{1,6}(?:[.,]\d{1,3})?)\s*[x×*]\s*(\d{1,6}(?:[.,]\d{1,3})?)\s*(mm|cm|m|in|\")?",
    re.IGNORECASE,
)


def lettered(number: int) -> str:
    """The name of a row or column, from 0: A to Z, then AA, BB and so on."""
    return chr(ord("A") + number % 26) * (number // 26 + 1)


def parse_canvas_size(text: str, option: str, least: float, most: float) -> tuple[float, float]:
    """Read `40x50cm`, `300x400mm`, `16x20in` or the name of a paper, `A0` to `letter`.

    Args:
        text: the size; a bare `40x50` is in centimetres.
        option: the option, for the error.
        least: smallest side in millimetres.
        most: largest side in millimetres.

    Returns:
        Width and height in millimetres.

    Raises:
        ImpastoError: it is not a size, or too small or too large.
    """
    named = PAPERS.get(text.strip().upper())
    found = _SIZE.fullmatch(text.strip())
    if named:
        return 10 * named[0], 10 * named[1]
    if not found:
        raise ImpastoError(
            f"{option} {text}: write width and height, such as 40x50cm, 300x400mm or 16x20in, or "
            "name a paper, A0 to A6."
        )
    unit = _UNITS[(found[3] or "cm").lower()]
    width, height = (float(side.replace(",", ".")) * unit for side in (found[1], found[2]))
    if min(width, height) < least or max(width, height) > most:
        raise ImpastoError(
            f"{option} {text}: the sides must be {least / 10:g} to {most / 10:g} cm long."
        )
    return width, height


@dataclass(frozen=True)
class Print:
    """A sheet of paper and its print resolution."""

    name: str
    """For names of files: `A3-300dpi`."""

    width: float
    height: float
    """Sides in centimetres, the shorter first or as given."""

    dpi: float

    def pixels(self, width: int, height: int) -> tuple[int, int]:
        """Width and height in pixels of the largest print of a picture of this shape.

        The paper may be rotated.
        """
        inches = [side / CENTIMETRES_IN_AN_INCH for side in (self.width, self.height)]
        scale = max(min(a / width, b / height) for a, b in (inches, inches[::-1])) * self.dpi
        return max(1, round(width * scale)), max(1, round(height * scale))

    def remark(self, width: int, height: int) -> str:
        """The printed size of a picture with these pixels, as text."""
        across, down = (side / self.dpi * CENTIMETRES_IN_AN_INCH for side in (width, height))
        return f"{across:.1f} × {down:.1f} cm at {self.dpi:g} dots an inch"


def parse_print(paper: str | None, dpi: float | None) -> Print | None:
    """The print size that `--print` and `--dpi` give; None without a paper.

    Args:
        paper: `A0` to `A6`, `letter`, `legal`, `tabloid`, or a size as `parse_canvas_size` reads
            it, such as `30x40cm` or `8x10in`.
        dpi: dots per inch; `DPI` if not given.

    Raises:
        ImpastoError: there is no such paper, or a side would exceed `LARGEST_SIDE` pixels.
    """
    if paper is None:
        if dpi is not None:
            raise ImpastoError("--dpi needs --print; give the paper too, such as --print A4.")
        return None
    sides = parse_canvas_size(paper, "--print", SMALLEST_PRINT, LARGEST_PRINT)
    size = sides[0] / 10, sides[1] / 10
    dpi = dpi or DPI
    if math.ceil(max(size) / CENTIMETRES_IN_AN_INCH * dpi) > LARGEST_SIDE:
        most = LARGEST_SIDE * CENTIMETRES_IN_AN_INCH / max(size)
        raise ImpastoError(
            f"--print {paper} --dpi {dpi:g}: at most {LARGEST_SIDE:,} pixels a side can be made; "
            f"choose --dpi {int(most)} or less."
        )
    named = paper.strip().upper()
    name = named if named in PAPERS else f"{size[0]:g}x{size[1]:g}cm"
    return Print(f"{name}-{dpi:g}dpi", *size, dpi)
