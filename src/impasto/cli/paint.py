"""`impasto paint`: a photograph, a generator's pictures, or a strokes.json, as brush strokes."""

import math
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from impasto.cli.options import SHIPPED, known_generator
from impasto.cli.paint_options import (
    Broadest,
    Brushes,
    ByHand,
    Checkpoint,
    Corners,
    Count,
    Even,
    FilmSeconds,
    FromCanvas,
    Ground,
    Loss,
    Mask,
    Opaque,
    Out,
    PaintSet,
    Palette,
    Seconds,
    Seed,
    Sheets,
    Size,
    Strokes,
    Style,
    Thinnest,
    parse_sheets,
)
from impasto.cli.strokes_again import (
    AsJson,
    Brush,
    Canvas,
    Dpi,
    Film,
    FilmAs,
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
    report,
)
from impasto.core.console import say
from impasto.core.shipped import find, holds_generator
from impasto.errors import ImpastoError


def _check_options(
    brush: str | None,
    palette: str | None,
    ground: str,
    thinnest: float | None,
    broadest: float | None,
) -> None:
    """Refuse before torch is loaded what can be refused without the picture."""
    from impasto.brush.choice import known_brush
    from impasto.paint.palette import check_palette, parse_colour

    if brush is not None:
        known_brush(brush)
    if palette:
        check_palette(palette)
    if ground not in ("photo", "white"):
        parse_colour(ground, "--ground")
    if thinnest is not None and not thinnest < (broadest or math.inf):
        raise ImpastoError(
            f"--thinnest {thinnest:g} must be less than --broadest; let them be further apart."
        )


def _known(what: Path) -> Path:
    """A picture, a film, a folder of pictures, a strokes.json, or a generator, that is there."""
    found = find(what)
    if found is None:
        raise ImpastoError(f"There is no file {what}, and no run or generator of that name.")
    if found.is_dir() and not holds_generator(found):
        from impasto.data.files import list_files

        list_files(found)
    return what


def paint(
    context: typer.Context,
    what: Annotated[
        Path,
        typer.Argument(
            metavar="PHOTO|FOLDER|FILM|RUN",
            help=f"A photograph; a folder of them; a film; or a run of `impasto train`{SHIPPED}.",
            callback=_known,
        ),
    ],
    strokes: Strokes = 1_500,
    size: Size = None,
    brush: Brush = None,
    style: Style = None,
    seconds: Seconds = None,
    out: Out = None,
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
    opaque: Opaque = False,
    paints: PaintSet = None,
    brushes: Brushes = None,
    sheets: Sheets = None,
    from_canvas: FromCanvas = None,
    corners: Corners = None,
    loss: Loss = "pixels",
    palette: Palette = None,
    ground: Ground = None,
    texture: Texture = None,
    mask: Mask = None,
    thinnest: Thinnest = None,
    broadest: Broadest = None,
    even: Even = 0.0,
    seed: Seed = 0,
    count: Count = 1,
    paper: Paper = None,
    dpi: Dpi = None,
    checkpoint: Checkpoint = "best",
    as_json: AsJson = False,
) -> None:
    """Paint a photograph, a film or generated pictures with brush strokes.

    impasto paint photo.jpg --film

    impasto paint photo.jpg --strokes 8000 --brush dry --palette 12 --texture linen --svg

    impasto paint photos --palette 12 --mask auto

    impasto paint clip.mp4 --strokes 800

    impasto paint runs/mine --count 8

    impasto paint photo.jpg --strokes 400 --palette 8 --plot plotted --canvas A3 --pen 0.5

    impasto paint photo.jpg --opaque --paints acrylics --canvas 40x50cm --sheets A4

    `impasto repaint` redraws the strokes.json at any size or with another brush. For a RUN or a
    FOLDER, --time applies to each picture.

    Ctrl-C ends the painting early and keeps it. The output folder holds painting.png, strokes.json
    and the other files you asked for; preview.jpg shows the canvas during painting.
    """
    from impasto.core import clock

    began = clock.now()
    from impasto.core.notes import own_folder
    from impasto.core.paper import parse_print

    sheet = parse_print(paper, dpi)
    if sheet and size:
        raise ImpastoError("--print says how large; leave out --size.")
    found = find(what) or what
    if found.is_dir() and holds_generator(found):
        known_generator(found, checkpoint)
    ground = ground or ("white" if plot or from_canvas else "photo")
    _check_options(brush, palette, ground, thinnest, broadest)
    again = what.suffix.lower() == ".json" and not found.is_dir()
    wishes = PlotWishes(plot, machine, canvas, margin, pen, pens, resume_at)
    plotted = wishes.order(opaque=opaque)
    hand = ByHand(opaque, paints, brushes, palette, plotted, canvas, margin).order()
    printed = parse_sheets(sheets, opaque=opaque or again)
    if from_canvas and found.is_dir():
        raise ImpastoError(
            f"--from-canvas {from_canvas} shows one canvas; name the one photograph to paint on it."
        )
    if corners and not from_canvas:
        raise ImpastoError("--corners belongs to --from-canvas; name the canvas's photograph.")

    from impasto.core.files import alone_in
    from impasto.paint.begun import read_begun
    from impasto.paint.commission import Order
    from impasto.paint.dispatch import paint_subject
    from impasto.paint.painter import Plan

    order = Order(
        plan=Plan(strokes=strokes, even=even, seconds=seconds, seed=seed),
        brush=brush or "oil",
        size=size,
        loss=loss,
        style=style,
        palette=palette,
        ground=ground,
        texture=texture,
        mask="auto" if mask == "auto" else Path(mask) if mask else None,
        thinnest=thinnest,
        broadest=broadest,
        film=film_as or ("mp4" if film else None),
        film_seconds=film_seconds,
        svg=svg,
        ora=ora,
        plot=plotted,
        hand=hand,
        sheets=printed,
        title=what.stem,
        begun=read_begun(from_canvas, corners) if from_canvas else None,
        paper=sheet,
    )
    if again:
        _say_what_does_not_count(context)
        say("Strokes have a command of their own now, `impasto repaint`; this one goes on.", "dim")
        draw_again(what, order, out, brush, as_json)
        return
    name = found.resolve().name if found.is_dir() else what.stem
    claimed = nullcontext(out) if out else own_folder(PAINTED / name, found)
    with claimed as place, alone_in(place, "paint"):
        done = paint_subject(found, order, place, began, count, checkpoint)
    report(done, as_json)


PAINTED = Path("painted")
"""Where paintings go, each in a folder called as its picture."""

COUNT_AGAIN = {
    *("what", "size", "brush", "texture", "out", "svg", "as_json"),
    *("film", "film_as", "film_seconds", "paper", "dpi"),
    *("ora", "plot", "machine", "canvas", "margin", "pen", "pens", "resume_at", "sheets"),
}
"""What counts when a strokes.json is drawn again; the rest was decided when it was painted."""


def _say_what_does_not_count(context: typer.Context) -> None:
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if source and source.name == "COMMANDLINE" and option.name not in COUNT_AGAIN:
            say(f"{option.opts[0]} is left aside: these strokes are painted already.")
