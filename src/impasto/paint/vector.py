"""`painting.svg`: every stroke as one curve with a width and an opacity, for plotters and editors.

A vector path has no bristles: its width and opacity are measured from the stroke as it is drawn.
"""

import math
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.brush.actions import controls, curve
from impasto.brush.choice import draw_one, known_brush
from impasto.core.colour import hexed
from impasto.core.console import counted, track
from impasto.core.files import write_text
from impasto.core.images import encode
from impasto.paint.document import Painting

SEEN_POINTS = 33
"""Of a stroke's path, from which distances are measured."""

STEPS = 3
"""Lines that stand for a stroke that is soft at its sides."""

HARD = 3.0
"""Pixels of the page within which a stroke's paint thins out that is one line all the same."""


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
    ground = hexed(painting.ground)
    # Bristles side by side end side by side; the ends of other strokes are round as their dabs.
    ends = "butt" if known_brush(painting.brush).bristles else "round"
    page = f"page-{width}-{height}"  # several may stand in one document
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">',
        f"<title>A painting of {counted(len(painting.strokes), 'stroke')}</title>",
        # Editors, and pages that embed it, would show what hangs over.
        f'<clipPath id="{page}"><rect width="{width}" height="{height}"/></clipPath>',
        f'<g clip-path="url(#{page})">',
        f'<rect width="{width}" height="{height}" fill="{ground}"/>',
        *_begun(painting, width, height),
        f'<g fill="none" stroke-linecap="{ends}" stroke-linejoin="round">',
        *_paths(painting, longer),
        "</g>",
        "</g>",
        "</svg>",
    ]
    write_text(path, "\n".join(lines) + "\n")


def _begun(painting: Painting, width: int, height: int) -> Iterator[str]:
    """What was on the canvas before, inside the file."""
    if painting.begun is not None:
        data = b64encode(encode(painting.begun)).decode()
        yield f'<image width="{width}" height="{height}" href="data:image/png;base64,{data}"/>'


def _paths(painting: Painting, longer: int) -> Iterator[str]:
    strokes = painting.strokes
    bezier = controls(strokes.geometry).astype(np.float64)
    places = longer * (strokes.squares[:, None, :2] + strokes.squares[:, None, 2:] * bezier)
    for i, points in enumerate(track(places, "measuring strokes", len(places), "strokes")):
        (sx, sy), (bx, by), (ex, ey) = points
        way = f"M{sx:.2f} {sy:.2f}Q{bx:.2f} {by:.2f} {ex:.2f} {ey:.2f}"
        colour, scale = hexed(strokes.colours[i]), longer * float(strokes.squares[i, 2]) / 64
        for width, opacity in _lines(strokes.geometry[i], painting.brush, painting.seed, scale):
            yield (
                f'<path d="{way}" stroke="{colour}" stroke-width="{width * scale:.2f}" '
                f'stroke-opacity="{opacity:.2f}"/>'
            )


def _lines(
    geometry: NDArray[np.float32], brush: str, seed: int, scale: float
) -> list[tuple[float, float]]:
    """Widths and opacities of the plain lines, each on the one before, that cover as a stroke.

    A hard stroke is one line; of a soft one the paint thins out beside the path, in steps.

    Args:
        geometry: (9,).
        brush: the brush's name.
        seed: of its texture.
        scale: pixels of the page to one of the widths' own, of which a square has 64.
    """
    drawn, top, left = draw_one(geometry, brush, 1.0, seed)
    rows, columns = np.nonzero(drawn)
    path = 64 * curve(geometry[None], SEEN_POINTS)[0].astype(np.float64)
    place = np.stack([columns + left + 0.5, rows + top + 0.5], 1)
    away = np.linalg.norm(place[:, None] - path[None], axis=2)
    nearest, distance = away.argmin(1), away.min(1)
    beside = (nearest > 0) & (nearest < SEEN_POINTS - 1)  # not before and behind its ends
    if not beside.any():
        beside[:] = True
    if not len(rows):
        return []
    ring = distance[beside].astype(int)
    paint = np.bincount(ring, drawn[rows[beside], columns[beside]] / 255)
    profile = paint / np.maximum(np.bincount(ring), 1)
    thickest = float(profile.max())
    # How far from the path the paint is thicker than the middle of each step.
    halves = [(number + 0.5) / STEPS * thickest for number in range(STEPS)]
    far = [float(np.flatnonzero(profile >= half)[-1]) + 1 for half in halves]
    if 2 * (far[0] - far[-1]) * scale < HARD:
        far = [float(np.mean(far))]
    each = [thickest * (number + 1) / len(far) for number in range(len(far))]
    length = float(np.hypot(*np.diff(path, axis=0).T).sum())
    round_ends = 0.0 if known_brush(brush).bristles else math.pi
    areas = [2 * length * half + round_ends * half**2 for half in far]
    # The ends are thinner than the middle: as much paint in all as is drawn.
    share = drawn.sum() / 255 / float(np.dot(areas, np.diff([0.0, *each])))
    if round_ends:
        far = [_half(area * share, length) for area in areas]
    else:
        each = [paint * min(1.0, share) for paint in each]
    under = [0.0, *each]
    opacities = [1 - (1 - now) / (1 - below) for now, below in zip(each, under, strict=False)]
    return [(2 * half, opacity) for half, opacity in zip(far, opacities, strict=True)]


def plain_line(geometry: NDArray[np.float32], brush: str, seed: int) -> tuple[float, float]:
    """Width and opacity of the one line that stands for a stroke; (0, 0) where it has no paint.

    The width is in sixty-fourths of the stroke's square; `_lines` says what the arguments are.
    """
    lines = _lines(geometry, brush, seed, 0.0)  # so small a page that every stroke is hard
    return lines[0] if lines else (0.0, 0.0)


def _half(area: float, length: float) -> float:
    """Half the width of a line with round ends that covers an area."""
    return (math.sqrt(length**2 + math.pi * area) - length) / math.pi
