"""`impasto paint`: a photograph, a generator's pictures, or a strokes.json, as brush strokes."""

import math
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Literal

import typer

from impasto.cli.options import SHIPPED, known_file, known_generator
from impasto.cli.paint_options import (
    Brushes,
    ByHand,
    Corners,
    FromCanvas,
    Opaque,
    PaintSet,
    Sheets,
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


def _mask(text: str | None) -> str | None:
    """A picture that is there, or `auto`; a file of that name is `./auto`."""
    if text and text != "auto":
        known_file(Path(text))
    return text


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
    strokes: Annotated[int, typer.Option(min=1, max=200_000, help="Number of strokes.")] = 1_500,
    size: Annotated[
        int | None,
        typer.Option(
            min=16,
            max=16_384,
            help="Longer side in pixels; strokes are drawn at that size [default: the photo's, "
            "512–2048].",
        ),
    ] = None,
    brush: Brush = None,
    style: Annotated[
        Path | None,
        typer.Option(
            help="A painting to take colours and texture from.",
            metavar="PAINTING",
            callback=known_file,
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--time",
            min=1,
            max=86_400,
            help="Finish painting.png within this many seconds.",
            metavar="S",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder [default: painted/NAME].")] = None,
    film: Film = False,
    film_as: FilmAs = None,
    film_seconds: Annotated[
        float,
        typer.Option(
            min=1,
            max=600,
            help="The film's length in seconds; for a FILM, how much of it to paint.",
            metavar="S",
        ),
    ] = 14.0,
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
    loss: Annotated[
        Literal["pixels", "perceptual", "both"],
        typer.Option(help="What strokes should match: pixels, the features of a network, or both."),
    ] = "pixels",
    palette: Annotated[
        str | None,
        typer.Option(
            help="Limit the colours: 8 (from the photo), monet.jpg or monet.jpg:12 (from a "
            "painting), or '#1b2f4b,#d9a441,#f2e8d5'."
        ),
    ] = None,
    ground: Annotated[
        str | None,
        typer.Option(
            help="The bare canvas: photo (its mean colour), white, or '#b59a78' [default: photo; "
            "white with --plot]."
        ),
    ] = None,
    texture: Texture = None,
    mask: Annotated[
        str | None,
        typer.Option(
            help="Where to work carefully: white most, black least. auto: faces, and where people "
            "look.",
            metavar="IMAGE|auto",
            callback=_mask,
        ),
    ] = None,
    thinnest: Annotated[
        float | None, typer.Option(min=0.5, help="Thinnest stroke in pixels.", metavar="PX")
    ] = None,
    broadest: Annotated[
        float | None, typer.Option(min=1, help="Broadest stroke in pixels.", metavar="PX")
    ] = None,
    even: Annotated[
        float,
        typer.Option(min=0, max=1, help="0: few strokes on flat areas. 1: the same everywhere."),
    ] = 0.0,
    seed: Annotated[int, typer.Option(min=0, max=2**30, help="Seed of the strokes.")] = 0,
    count: Annotated[
        int, typer.Option(min=1, max=10_000, help="For a RUN: number of pictures.")
    ] = 1,
    paper: Paper = None,
    dpi: Dpi = None,
    checkpoint: Annotated[
        str, typer.Option(help="For a RUN: best, last, or a number of images.", metavar="WHICH")
    ] = "best",
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
    from impasto.core.notes import Notes, latents_in, own_folder
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

    from impasto.core.footage import CLIPS
    from impasto.paint.begun import read_begun
    from impasto.paint.clip import paint_clip
    from impasto.paint.commission import Order, paint_picture, paint_run
    from impasto.paint.painter import Plan
    from impasto.paint.picture import read_photograph
    from impasto.paint.several import paint_folder

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
    from impasto.core.files import alone_in

    if again:
        _say_what_does_not_count(context)
        say("Strokes have a command of their own now, `impasto repaint`; this one goes on.", "dim")
        draw_again(what, order, out, brush, as_json)
        return
    name = found.resolve().name if found.is_dir() else what.stem
    claimed = nullcontext(out) if out else own_folder(PAINTED / name, found)
    with claimed as place, alone_in(place, "paint"):
        if found.is_dir() and holds_generator(found):
            done = paint_run(found, order, place, count, checkpoint)
        elif found.is_dir():
            done = paint_folder(found, order, place)
        elif what.suffix.lower() in CLIPS:
            done = [paint_clip(what, order, place, began)]
        else:
            notes = Notes(latents=latents_in(what))
            done = [paint_picture(read_photograph(what), order, place, began, notes)]
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
