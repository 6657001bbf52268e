"""`impasto repaint`: the strokes of a painting again, at any size and by any brush."""

from pathlib import Path
from typing import Annotated

import typer

from impasto.cli.options import known_file
from impasto.cli.paint_options import Sheets, parse_sheets
from impasto.cli.strokes_again import (
    AsJson,
    Brush,
    Canvas,
    Dpi,
    Film,
    FilmAs,
    FilmSeconds,
    Machine,
    Margin,
    Ora,
    Paper,
    Pen,
    Pens,
    Plot,
    PlotWishes,
    ResumeAt,
    Svg,
    Texture,
    draw_again,
)
from impasto.errors import ImpastoError


def repaint(
    strokes: Annotated[
        Path,
        typer.Argument(help="A painting's strokes.json.", metavar="STROKES", callback=known_file),
    ],
    size: Annotated[
        int | None,
        typer.Option(min=16, max=16_384, help="Longer side in pixels [default: as it was]."),
    ] = None,
    brush: Brush = None,
    texture: Texture = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder [default: again-SIZE, beside STROKES].")
    ] = None,
    film: Film = False,
    film_as: FilmAs = None,
    film_seconds: FilmSeconds = 14.0,
    svg: Svg = False,
    ora: Ora = False,
    plot: Plot = None,
    machine: Machine = None,
    canvas: Canvas = None,
    margin: Margin = None,
    pen: Pen = None,
    pens: Pens = None,
    resume_at: ResumeAt = None,
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
        raise ImpastoError("--print says how large; leave out --size.")
    if brush is not None:
        known_brush(brush)  # before anything that takes its time
    plotted = PlotWishes(plot, machine, canvas, margin, pen, pens, resume_at).order()

    from impasto.paint.commission import Order
    from impasto.paint.painter import Plan

    order = Order(
        plan=Plan(),
        size=size,
        texture=texture,
        film=film_as or ("mp4" if film else None),
        film_seconds=film_seconds,
        svg=svg,
        ora=ora,
        plot=plotted,
        sheets=parse_sheets(sheets, opaque=True),
        title=strokes.resolve().parent.name,
        paper=sheet,
    )
    draw_again(strokes, order, out, brush, as_json)
