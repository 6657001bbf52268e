"""`impasto repaint`: redraw the strokes of a painting at any size, with any brush."""

from pathlib import Path
from typing import Annotated

import typer

from impasto.cli.groups import grouped
from impasto.cli.options import known_file
from impasto.cli.paint_options import Sheets, parse_sheets
from impasto.cli.strokes_again import (
    AsJson,
    Brush,
    Dpi,
    Files,
    Paper,
    PlotOptions,
    Texture,
    draw_again,
)
from impasto.errors import ImpastoError


@grouped
def repaint(
    strokes: Annotated[
        Path,
        typer.Argument(help="A painting's strokes.json.", metavar="STROKES", callback=known_file),
    ],
    *,
    size: Annotated[
        int | None,
        typer.Option(min=16, max=16_384, help="Longer side in pixels [default: as it was]."),
    ] = None,
    brush: Brush = None,
    texture: Texture = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder [default: again-SIZE, beside STROKES].")
    ] = None,
    files: Files,
    plot: PlotOptions,
    sheets: Sheets = None,
    paper: Paper = None,
    dpi: Dpi = None,
    as_json: AsJson = False,
) -> None:
    """Redraw a painting's strokes: at any size, with another brush, as a film or a plot.

    impasto repaint painted/photo/strokes.json --size 4096 --out print

    impasto repaint painted/photo/strokes.json --brush dry --texture linen

    impasto repaint painted/photo/strokes.json --plot plotted --machine brush --canvas 60x40cm
    """
    from impasto.brush.choice import known_brush
    from impasto.core.paper import parse_print

    sheet = parse_print(paper, dpi)
    if sheet and size:
        raise ImpastoError("--print sets the size; leave out --size.")
    if brush is not None:
        known_brush(brush)  # before anything slow
    plotted = plot.order()

    from impasto.paint.commission import Order
    from impasto.paint.painter import Plan

    order = Order(
        plan=Plan(),
        size=size,
        texture=texture,
        film=files.film_kind,
        film_seconds=files.seconds(),
        svg=files.svg,
        ora=files.ora,
        plot=plotted,
        sheets=parse_sheets(sheets, opaque=True),
        title=strokes.resolve().parent.name,
        paper=sheet,
    )
    draw_again(strokes, order, out, brush, as_json)
