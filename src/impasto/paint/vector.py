"""`painting.svg`: every stroke as one curve with a width and an opacity, for plotters and editors.

A vector path has no bristles: its width and opacity are measured from the stroke as it is drawn,
so that it covers the same area as strongly.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import track
from impasto.core.files import write_text
from impasto.paint.actions import controls, curve
from impasto.paint.document import Painting
from impasto.paint.engine import draw_one


def save_svg(painting: Painting, path: Path, longer: int | None = None) -> None:
    """Write the painting as SVG, atomically.

    Args:
        painting: what to write.
        path: the file.
        longer: the page's longer side in pixels, as of the picture beside it; as it was painted
            if not given.
    """
    longer = longer or painting.longer
    width, height = painting.size_at(longer)
    ground = _hex(np.asarray(painting.ground, np.float32))
    page = f"page-{width}-{height}"  # several may stand in one document
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">',
        f"<title>A painting of {len(painting.strokes):,} strokes</title>",
        # Editors, and pages that embed it, would show what hangs over.
        f'<clipPath id="{page}"><rect width="{width}" height="{height}"/></clipPath>',
        f'<g clip-path="url(#{page})">',
        f'<rect width="{width}" height="{height}" fill="{ground}"/>',
        '<g fill="none" stroke-linecap="round" stroke-linejoin="round">',
        *_paths(painting, longer),
        "</g>",
        "</g>",
        "</svg>",
    ]
    write_text(path, "\n".join(lines) + "\n")


def _paths(painting: Painting, longer: int) -> Iterator[str]:
    strokes = painting.strokes
    bezier = controls(strokes.geometry).astype(np.float64)
    places = longer * (strokes.squares[:, None, :2] + strokes.squares[:, None, 2:] * bezier)
    for i, points in enumerate(track(places, "measuring strokes", len(places), "strokes")):
        width, opacity = _cover(strokes.geometry[i], painting.brush, painting.seed)
        (sx, sy), (bx, by), (ex, ey) = points
        yield (
            f'<path d="M{sx:.2f} {sy:.2f}Q{bx:.2f} {by:.2f} {ex:.2f} {ey:.2f}" '
            f'stroke="{_hex(strokes.colours[i])}" '
            f'stroke-width="{width * longer * float(strokes.squares[i, 2]):.2f}" '
            f'stroke-opacity="{opacity:.2f}"/>'
        )


def _cover(geometry: NDArray[np.float32], brush: str, seed: int) -> tuple[float, float]:
    """Width (in shares of its square) and opacity of a plain line that covers as this stroke."""
    drawn, _, _ = draw_one(geometry, brush, 1.0, seed)
    alpha = drawn.astype(np.float64) / 255
    total, squared = alpha.sum(), np.square(alpha).sum()
    if total < 1e-6:
        return 0.0, 0.0
    opacity = min(1.0, squared / total)  # what a pixel of paint has on average
    steps = np.diff(curve(geometry[None])[0], axis=0)
    length = 64 * float(np.hypot(steps[:, 0], steps[:, 1]).sum())
    # A line with round ends covers length · width + π (width / 2)².
    area = total / opacity
    width = (math.sqrt(length**2 + math.pi * area) - length) / (math.pi / 2)
    return width / 64, opacity


def _hex(colour: NDArray[np.float32]) -> str:
    red, green, blue = np.rint(colour * 255).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"
