"""`impasto paint`: a photograph, a generator's pictures, or a strokes.json, as brush strokes."""

import json
import math
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.options import DOTS, PRINT, SHIPPED, known_file, known_painter
from impasto.core.console import tell
from impasto.core.shipped import find, holds_generator
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.paint.commission import Done
    from impasto.paint.plot.making import PlotOrder


def _check_options(
    brush: str | None,
    palette: str | None,
    ground: str,
    thinnest: float | None,
    broadest: float | None,
) -> None:
    """Refuse before torch is loaded what can be refused without the picture."""
    from impasto.brush.settings import settings_of
    from impasto.paint.palette import check_palette, parse_colour

    if brush is not None:
        settings_of(brush)
    if palette:
        check_palette(palette)
    if ground not in ("photo", "white"):
        parse_colour(ground, "--ground")
    if thinnest is not None and not thinnest < (broadest or math.inf):
        raise ImpastoError(
            f"--thinnest {thinnest:g} must be less than --broadest; let them be further apart."
        )


@dataclass(frozen=True)
class _Plot:
    """What `--plot` and the options that belong to it ask for."""

    folder: Path | None
    machine: str | None
    canvas: str | None
    margin: float | None
    pen: float | None
    pens: int | None
    first: int | None

    def order(self) -> "PlotOrder | None":
        """Checked before anything is painted; None where no plot is asked for."""
        if self.folder is None:
            for name, value in vars(self).items():
                if value is not None:
                    option = "resume-at" if name == "first" else name
                    raise ImpastoError(
                        f"--{option} belongs to --plot; say where the plot goes: --plot plotted."
                    )
            return None
        from impasto.paint.plot.machine import load_machine
        from impasto.paint.plot.making import PlotOrder
        from impasto.paint.plot.sheet import lay_out, parse_canvas

        machine = load_machine(self.machine or "pen")
        if self.pen is not None:
            machine = machine.model_copy(update={"pen": self.pen})
        canvas = parse_canvas(self.canvas or "A3")
        margin = 10.0 if self.margin is None else self.margin
        lay_out(canvas, margin, 1, 1)
        return PlotOrder(self.folder, machine, canvas, margin, self.pens or 12, self.first or 1)


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
            metavar="PHOTO|FOLDER|FILM|RUN|STROKES",
            help="A photograph; a folder of them; a film; a run of `impasto train`"
            f"{SHIPPED}; or a strokes.json, to draw it again.",
            callback=_known,
        ),
    ],
    strokes: Annotated[int, typer.Option(min=1, max=200_000, help="How many strokes.")] = 1_500,
    size: Annotated[
        int | None,
        typer.Option(
            min=16,
            max=16_384,
            help="Longer side in pixels, drawn anew at it [default: as the photo, 512–2048].",
        ),
    ] = None,
    brush: Annotated[
        str | None,
        typer.Option(help="oil, dry, wash, ink or charcoal [default: oil, or the painting's own]."),
    ] = None,
    style: Annotated[
        Path | None,
        typer.Option(
            help="A painting whose colours and texture to take.",
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
            help="Have painting.png done in this many seconds.",
            metavar="S",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder [default: painted/NAME].")] = None,
    film: Annotated[bool, typer.Option("--film", help="Also painting.mp4: how it grew.")] = False,
    film_as: Annotated[
        Literal["mp4", "gif", "webp"] | None, typer.Option(help="A film of another kind.")
    ] = None,
    film_seconds: Annotated[
        float,
        typer.Option(
            min=1, max=600, help="The film's length; of a FILM, how much is painted.", metavar="S"
        ),
    ] = 14.0,
    svg: Annotated[bool, typer.Option("--svg", help="Also painting.svg.")] = False,
    ora: Annotated[
        bool, typer.Option("--ora", help="Also painting.ora: layers for Krita, MyPaint, GIMP.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Also programs for machines, into this folder: plot.svg (a layer a pen), "
            "plot.gcode, plot.hpgl, and plot.png, a preview.",
            metavar="DIR",
        ),
    ] = None,
    machine: Annotated[
        str | None,
        typer.Option(
            help="What draws the plot: pen (lifted by a servo), pen-z, brush (dipped again after "
            "a distance), or a YAML file with your machine's own words [default: pen].",
            metavar="NAME|FILE",
        ),
    ] = None,
    canvas: Annotated[
        str | None,
        typer.Option(
            help="The plot's canvas or paper: A3, 400x300mm, 16x12in [default: A3].",
            metavar="SIZE",
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            min=0, max=1000, help="Of the plot: bare millimetres at its edges [10].", metavar="MM"
        ),
    ] = None,
    pen: Annotated[
        float | None,
        typer.Option(
            min=0.05,
            max=50,
            help="Of the plot: the pen's width, with which broader strokes are hatched [the "
            "machine's].",
            metavar="MM",
        ),
    ] = None,
    pens: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Of the plot: the most pens or paints [12]."),
    ] = None,
    resume_at: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Of the plot: leave out what is drawn, and begin with the plot's stroke K.",
            metavar="K",
        ),
    ] = None,
    loss: Annotated[
        Literal["pixels", "perceptual", "both"],
        typer.Option(help="Come close in pixels, in what a network sees, or both."),
    ] = "pixels",
    palette: Annotated[
        str | None,
        typer.Option(
            help="Few colours: 8 (of the photo), monet.jpg or monet.jpg:12 (of a painting), "
            "or '#1b2f4b,#d9a441,#f2e8d5'."
        ),
    ] = None,
    ground: Annotated[
        str | None,
        typer.Option(
            help="The bare canvas: photo (its mean colour), white, or '#b59a78' [default: photo; "
            "white with --plot]."
        ),
    ] = None,
    texture: Annotated[
        Literal["none", "linen", "paper"] | None,
        typer.Option(help="A weave that shows through [default: none, or the painting's own]."),
    ] = None,
    mask: Annotated[
        str | None,
        typer.Option(
            help="White is painted carefully, black hardly; auto: faces, and where people look.",
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
        typer.Option(min=0, max=1, help="0: few strokes on flat areas. 1: everywhere alike."),
    ] = 0.0,
    seed: Annotated[int, typer.Option(min=0, max=2**30, help="Another seed, other strokes.")] = 0,
    count: Annotated[
        int, typer.Option(min=1, max=10_000, help="Of a RUN: how many of its pictures.")
    ] = 1,
    paper: Annotated[str | None, typer.Option("--print", help=PRINT, metavar="PAPER")] = None,
    dpi: Annotated[float | None, typer.Option(min=10, max=2400, help=DOTS)] = None,
    checkpoint: Annotated[
        str, typer.Option(help="Of a RUN: best, last, or a number of images.", metavar="WHICH")
    ] = "best",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Paint with strokes that a real brush could have made, and hand them out.

    impasto paint photo.jpg --film

    impasto paint photo.jpg --strokes 8000 --brush dry --palette 12 --texture linen --svg

    impasto paint painted/photo/strokes.json --size 4096 --out print

    impasto paint photos --palette 12 --mask auto

    impasto paint clip.mp4 --strokes 800

    impasto paint runs/mine --count 8

    impasto paint photo.jpg --strokes 400 --palette 8 --plot plotted --canvas A3 --pen 0.5

    Of a strokes.json count --size, --brush, --texture, --svg, --ora, --plot with what belongs to
    it, and the film's options; of a RUN or a FOLDER,
    --time is for each picture.

    Ctrl-C ends the painting early and keeps it. The folder holds painting.png, strokes.json and
    what else was asked for; preview.jpg shows the canvas while it is painted.
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
        known_painter(found, checkpoint)
    ground = ground or ("white" if plot else "photo")
    _check_options(brush, palette, ground, thinnest, broadest)
    plotted = _Plot(plot, machine, canvas, margin, pen, pens, resume_at).order()

    from impasto.core.footage import CLIPS
    from impasto.paint.clip import paint_clip
    from impasto.paint.commission import Order, paint_picture, paint_run, repaint
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
        paper=sheet,
    )
    from impasto.core.files import alone_in

    if what.suffix.lower() == ".json" and not found.is_dir():
        _say_what_does_not_count(context)
        place = out or what.resolve().parent / f"again-{size or (sheet.name if sheet else 'same')}"
        with alone_in(place, "paint"):
            done = [repaint(what, order, place, brush)]
        _report(done, as_json)
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
    _report(done, as_json)


PAINTED = Path("painted")
"""Where paintings go, each in a folder called as its picture."""

COUNT_AGAIN = {
    *("what", "size", "brush", "texture", "out", "svg", "as_json"),
    *("film", "film_as", "film_seconds", "paper", "dpi"),
    *("ora", "plot", "machine", "canvas", "margin", "pen", "pens", "resume_at"),
}
"""What counts when a strokes.json is drawn again; the rest was decided when it was painted."""


def _say_what_does_not_count(context: typer.Context) -> None:
    from impasto.core.console import say

    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if source and source.name == "COMMANDLINE" and option.name not in COUNT_AGAIN:
            say(f"{option.opts[0]} is left aside: these strokes are painted already.")


def _report(done: "list[Done]", as_json: bool) -> None:
    from impasto.core.console import say

    if as_json:
        typer.echo(
            json.dumps([each.summary() for each in done] if len(done) > 1 else done[0].summary())
        )
        return
    for each in done:
        say(each.remark(), style="dim")
        tell(each.files["painting"])
