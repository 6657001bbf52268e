"""The canvas in millimetres, and where on it the painting lies."""

from dataclasses import dataclass

from impasto.core.paper import parse_canvas_size
from impasto.errors import ImpastoError

SMALLEST, LARGEST = 20.0, 5_000.0
"""Millimetres of a canvas's side."""


@dataclass(frozen=True)
class Sheet:
    """A canvas and the painting's place on it, all in millimetres."""

    width: float
    height: float
    left: float
    top: float
    across: float
    """Width of the painting itself."""

    down: float

    @property
    def longer(self) -> float:
        """Of the painting: what its strokes' numbers are shares of."""
        return max(self.across, self.down)


def parse_canvas(text: str) -> tuple[float, float]:
    """Read `--canvas`, in millimetres.

    Raises:
        ImpastoError: it is no size, or too small or large.
    """
    return parse_canvas_size(text, "--canvas", SMALLEST, LARGEST)


def lay_out(canvas: tuple[float, float], margin: float, width: int, height: int) -> Sheet:
    """The canvas, turned as the painting is, with the painting as large as fits in its middle.

    Args:
        canvas: millimetres.
        margin: millimetres that stay bare at every edge at least.
        width: of the painting, in any unit.
        height: in the same.

    Raises:
        ImpastoError: the margin leaves nothing.
    """
    short, long = sorted(canvas)
    across, down = (long, short) if width > height else (short, long)
    if 2 * margin > short - SMALLEST / 2:
        raise ImpastoError(
            f"--margin {margin:g}: a canvas of {across:g} × {down:g} mm has no room left; use at "
            f"most {(short - SMALLEST / 2) / 2:g} mm."
        )
    scale = min((across - 2 * margin) / width, (down - 2 * margin) / height)
    size = width * scale, height * scale
    return Sheet(across, down, (across - size[0]) / 2, (down - size[1]) / 2, *size)
