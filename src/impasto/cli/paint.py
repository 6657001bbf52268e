"""`impasto paint`: a photograph, a generator's pictures, or a strokes.json, as brush strokes."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impasto.cli.groups import grouped
from impasto.cli.options import SHIPPED, known_generator
from impasto.cli.paint_options import Basics, ByHand, Details, PaintFiles, parse_sheets
from impasto.cli.strokes_again import PlotOptions, draw_again, report
from impasto.core.console import say
from impasto.core.given import give
from impasto.core.shipped import find, holds_generator
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.paint.commission import Order


def _known(what: Path) -> Path:
    """Check that it is an existing picture, film, folder, strokes.json or generator."""
    found = find(what)
    if found is None:
        raise ImpastoError(f"There is no file {what}, and no run or generator of that name.")
    if found.is_dir() and not holds_generator(found):
        from impasto.data.files import list_files

        list_files(found)
    return what


What = Annotated[
    Path,
    typer.Argument(
        metavar="PHOTO|FOLDER|FILM|RUN",
        help=f"A photograph; a folder of them; a film; or a run of `impasto train`{SHIPPED}.",
        callback=_known,
    ),
]


def _is_clip(found: Path) -> bool:
    from impasto.core.footage import CLIPS

    return found.is_file() and found.suffix.lower() in CLIPS


@grouped
def paint(
    context: typer.Context,
    what: What,
    basics: Basics,
    files: PaintFiles,
    plot: PlotOptions,
    hand: ByHand,
    details: Details,
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
    found = find(what) or what
    if found.is_dir() and holds_generator(found):
        known_generator(found, details.checkpoint)
    again = what.suffix.lower() == ".json" and not found.is_dir()
    order = _order(what.stem, basics, files, plot, hand, details, again=again, found=found)
    give(found)
    if again:
        _say_what_does_not_count(context)
        say("`impasto repaint` draws strokes again now; this spelling still works.", "dim")
        draw_again(what, order, basics.out, basics.brush, details.as_json)
        return

    from impasto.core.files import alone_in
    from impasto.core.notes import own_folder
    from impasto.paint.dispatch import paint_subject
    from impasto.paint.turns import LeftOutError

    name = found.resolve().name if found.is_dir() else what.stem
    claimed = nullcontext(basics.out) if basics.out else own_folder(PAINTED / name, found)
    with claimed as place, alone_in(place, "paint"):
        try:
            done = paint_subject(found, order, place, began, details.count, details.checkpoint)
        except LeftOutError as error:
            report(error.finished, details.as_json)
            raise
    report(done, details.as_json)


def _order(
    title: str,
    basics: Basics,
    files: PaintFiles,
    plot: PlotOptions,
    hand: ByHand,
    details: Details,
    *,
    again: bool,
    found: Path,
) -> "Order":
    """Combine the options, and refuse impossible ones before torch is loaded.

    Args:
        title: for printed sheets.
        again: whether existing strokes are redrawn.
        found: what is painted.
    """
    from impasto.core.paper import parse_print

    paper = parse_print(details.paper, details.dpi)
    if paper and basics.size:
        raise ImpastoError("--print sets the size; leave out --size.")
    details.check(basics)
    film_seconds = files.seconds(of_clip=_is_clip(found))
    _check_subject(found, hand, details, again=again)
    plotted = plot.order(opaque=hand.opaque)
    by_hand = hand.order(details.palette, plot)
    sheets = parse_sheets(hand.sheets, opaque=hand.opaque or again)

    from impasto.paint.commission import Order
    from impasto.paint.painter import Plan

    strokes, even = basics.strokes, details.even
    plan = Plan(strokes=strokes, even=even, seconds=basics.seconds, seed=details.seed)
    return Order(
        plan=plan,
        brush=basics.brush or "oil",
        size=basics.size,
        loss=details.loss,
        style=basics.style,
        palette=details.palette,
        ground=details.ground or ("white" if plot.plot or hand.from_canvas else "photo"),
        texture=details.texture,
        mask=details.where(),
        sparing=details.sparing,
        thinnest=details.thinnest,
        broadest=details.broadest,
        film=files.film_kind,
        film_seconds=film_seconds,
        svg=files.svg,
        ora=files.ora,
        plot=plotted,
        hand=by_hand,
        sheets=sheets,
        title=title,
        begun=hand.begun(),
        paper=paper,
    )


def _check_subject(found: Path, hand: ByHand, details: Details, *, again: bool) -> None:
    """Refuse options that do not fit what is painted."""
    if not again and not (found.is_dir() and holds_generator(found)):
        details.check_subject(found)
    hand.check_canvas(found.is_file())
    if hand.opaque:
        _refuse_widths(details)


def _refuse_widths(details: Details) -> None:
    """Refuse limits on widths where brushes decide how wide strokes are."""
    for option, value in (("--thinnest", details.thinnest), ("--broadest", details.broadest)):
        if value is not None:
            raise ImpastoError(
                f"{option} does nothing with --opaque: strokes are as wide as your brushes; leave "
                f"out {option}, and name --brushes instead."
            )


PAINTED = Path("painted")
"""The folder of paintings, each in a folder named after its picture."""

COUNT_AGAIN = {
    *("what", "size", "brush", "texture", "out", "svg", "as_json", "progress"),
    *("film", "film_as", "film_seconds", "paper", "dpi"),
    *("ora", "plot", "machine", "canvas", "margin", "pen", "pens", "resume_at", "sheets"),
}
"""Options that apply when a strokes.json is redrawn; the others are fixed by its strokes."""


def _say_what_does_not_count(context: typer.Context) -> None:
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if source and source.name == "COMMANDLINE" and option.name not in COUNT_AGAIN:
            say(f"{option.opts[0]} is ignored: these strokes are already painted.")
