"""The plan as pictures: pixels of the finished painting, and SVG."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from impasto.core.console import one_line
from impasto.core.files import write_text
from impasto.core.images import Picture
from impasto.kit.outlines import Line, Points, rings
from impasto.kit.plan import Plan

FINER = 2
"""Pixels that are drawn for one that is kept: smooth outlines."""

INK, OUTLINE = "#333333", "#8a97a8"
LINE_WIDTH = 0.15
"""Millimetres of an outline."""

DOT = 0.35
"""Millimetres from the middle of the dot at the end of a line to a number to its rim."""


def painted(plan: Plan, longer: int) -> Picture:
    """The finished painting, its longer side so many pixels."""
    scale = longer / max(plan.width, plan.height)
    size = max(1, round(plan.width * scale)), max(1, round(plan.height * scale))
    image = Image.new("RGB", (size[0] * FINER, size[1] * FINER))
    draw = ImageDraw.Draw(image)
    # What lies in a hole of another region is smaller than it, so it is drawn later.
    for region, outline in sorted(_outer(plan.lines), key=lambda each: -_area(each[1])):
        colour = plan.pots[plan.numbers[region] - 1].hex
        draw.polygon([(x, y) for x, y in (outline * scale * FINER).tolist()], fill=colour)
    return np.asarray(image.reduce(FINER))


def _outer(lines: list[Line]) -> Iterator[tuple[int, Points]]:
    """Each region and the outline around all of it."""
    for region, closed in rings(lines).items():
        ways = [_way(ring) for ring in closed]
        yield region, max(ways, key=_area)


def _way(ring: list[tuple[Line, bool]]) -> Points:
    parts = [line.points()[::-1] if backwards else line.points() for line, backwards in ring]
    return np.concatenate([part[:-1] for part in parts])


def _area(way: Points) -> float:
    x, y = way.T
    return float(abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2)


def save_svg(plan: Plan, path: Path, title: str) -> None:
    """Write the plan as SVG in millimetres, atomically: layers colours, outlines and numbers."""
    view = f'viewBox="0 0 {plan.width:.2f} {plan.height:.2f}"'
    size = f'width="{plan.width:.2f}mm" height="{plan.height:.2f}mm"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view} {size} '
        'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape">',
        f"<title>{escape(one_line(title))}</title>",
        _layer("colours", 'style="display:none" fill-rule="evenodd"'),
        *_filled(plan),
        "</g>",
        _layer("outlines", f'fill="none" stroke="{OUTLINE}" stroke-width="{LINE_WIDTH}"'),
        *(f'<path d="{_text(line.curve())}"/>' for line in plan.lines),
        "</g>",
        _layer("numbers", f'fill="{INK}" text-anchor="middle" '
               'font-family="Helvetica, Arial, sans-serif"'),
        *_numbers(plan),
        "</g>",
        "</svg>",
    ]  # fmt: skip
    write_text(path, "\n".join(lines) + "\n")


def _layer(name: str, style: str) -> str:
    return f'<g id="{name}" inkscape:groupmode="layer" inkscape:label="{name}" {style}>'


def _filled(plan: Plan) -> Iterator[str]:
    for region, closed in rings(plan.lines).items():
        pot = plan.pots[plan.numbers[region] - 1]
        ways = []
        for ring in closed:
            curves = [line.curve()[::-1] if back else line.curve() for line, back in ring]
            first, *others = curves
            ways.append(_text(first) + "".join(_bends(curve) for curve in others) + "Z")
        yield f'<path d="{"".join(ways)}" fill="{pot.hex}"/>'


def _text(curve: NDArray[np.float64]) -> str:
    x, y = curve[0].tolist()
    return f"M{x:.2f} {y:.2f}{_bends(curve)}"


def _bends(curve: NDArray[np.float64]) -> str:
    return "C" + " ".join(f"{x:.2f} {y:.2f}" for x, y in curve[1:].tolist())


def _numbers(plan: Plan) -> Iterator[str]:
    for label in plan.labels:
        if label.lead:
            (x, y), (to_x, to_y) = label.lead
            yield (
                f'<path d="M{x:.2f} {y:.2f}L{to_x:.2f} {to_y:.2f}" '
                f'stroke="{INK}" stroke-width="{LINE_WIDTH}"/>'
                f'<circle cx="{to_x:.2f}" cy="{to_y:.2f}" r="{DOT}"/>'
            )
        yield (
            f'<text x="{label.x:.2f}" y="{label.y + label.height / 2:.2f}" '
            f'font-size="{label.size:.2f}">{label.text}</text>'
        )
