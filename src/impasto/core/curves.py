"""Curves as inline SVG: small, sharp at any size, and fit for a self-contained page."""

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

COLOURS = (
    "#a4432a", "#2d5d7b", "#7a8b3c", "#8a5a9e", "#c98a1b", "#1f8a80", "#c25b86", "#5a4a3a",
)  # fmt: skip
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 520, 190, 46, 22, 10
LINE, LETTER = 14, 6
"""Pixels between lines of the legend, and of a letter."""

MOST_POINTS = 400


def curves(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]], unit: str = "images"
) -> Markup:
    """Draw several curves in one frame.

    Args:
        series: name → (positions along the bottom, heights), at least one point each.
        unit: what the bottom axis counts.

    Returns:
        SVG markup with axes' extremes as numbers and a legend; empty if there is nothing to draw.
    """
    thinned = {name: _thin(*points) for name, points in series.items() if len(points[0])}
    if not thinned:
        return Markup()
    across = [x for xs, _ in thinned.values() for x in xs]
    up = [y for _, ys in thinned.values() for y in ys]
    low, high = min(*up, 0.0), max(up)
    widest = max(map(len, thinned)) * LETTER + 14
    in_a_line = max(1, (WIDTH - LEFT) // widest)
    lines = math.ceil(len(thinned) / in_a_line)
    top = TOP + (LINE * lines if lines > 1 else 0)  # a single line fits into the frame
    bottom = HEIGHT + top - TOP - BOTTOM
    span_x, span_y = (max(across) - min(across)) or 1.0, (high - low) or 1.0
    plot_width, plot_height = WIDTH - LEFT - 8, bottom - top

    def place(x: float, y: float) -> str:
        right = LEFT + (x - min(across)) / span_x * plot_width
        down = top + (high - y) / span_y * plot_height
        return f"{right:.1f},{down:.1f}"

    parts = []
    for number, (name, (xs, ys)) in enumerate(thinned.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(place(x, y) for x, y in zip(xs, ys, strict=True))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
            f'<text x="{LEFT + 8 + widest * (number % in_a_line)}" '
            f'y="{TOP + 8 + LINE * (number // in_a_line)}" fill="{colour}">'
            f"{escape(name)}</text>"
        )
    parts.append(
        f'<text x="{LEFT - 4}" y="{top + 6}" text-anchor="end">{high:.3g}</text>'
        f'<text x="{LEFT - 4}" y="{bottom}" text-anchor="end">{low:.3g}</text>'
        f'<text x="{WIDTH - 8}" y="{bottom + BOTTOM - 6}" text-anchor="end">'
        f"{max(across):,.0f} {escape(unit)}</text>"
        f'<path d="M{LEFT} {top}V{bottom}H{WIDTH - 8}" fill="none" stroke="#b9ae9c"/>'
    )
    return Markup(  # noqa: S704 (every text above went through escape)
        f'<svg viewBox="0 0 {WIDTH} {bottom + BOTTOM}" width="{WIDTH}" role="img" '
        f'font-family="Georgia, serif" font-size="11" fill="#756c5f">{"".join(parts)}</svg>'
    )


def _thin(xs: Sequence[float], ys: Sequence[float]) -> tuple[list[float], list[float]]:
    """At most `MOST_POINTS` points, each the mean of its neighbourhood."""
    step = max(1, math.ceil(len(xs) / MOST_POINTS))
    groups = range(0, len(xs), step)
    return (
        [sum(xs[i : i + step]) / len(xs[i : i + step]) for i in groups],
        [sum(ys[i : i + step]) / len(ys[i : i + step]) for i in groups],
    )
