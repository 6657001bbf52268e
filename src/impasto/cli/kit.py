"""`impasto kit`: paint by numbers, from a photograph, a painting or a run."""

import json
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.groups import grouped
from impasto.cli.options import SHIPPED, known_generator
from impasto.core.console import say, tell
from impasto.core.shipped import find, holds_generator
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.kit.making import Done

FEWEST, MOST = 4, 99
"""Fewest and most colours: fewer make a poster; more need three digits, which do not fit."""

KITS = Path("kits")
"""The folder of kits, each in a folder named after its picture."""


def _known(what: Path) -> Path:
    """Check that it is an existing picture or generator."""
    found = find(what)
    if found is None:
        raise ImpastoError(f"There is no file {what}, and no run or generator of that name.")
    if found.is_dir() and not holds_generator(found):
        raise ImpastoError(
            f"{what} is a folder and holds no generator; name one picture, or a run."
        )
    return what


def _colours(colours: int) -> int:
    """Check the number of colours."""
    if not FEWEST <= colours <= MOST:
        raise ImpastoError(f"--colours {colours}: a kit has {FEWEST} to {MOST} colours.")
    return colours


@dataclass(frozen=True)
class KitOptions:
    """Options of `impasto kit`."""

    what: Annotated[
        Path,
        typer.Argument(
            metavar="PHOTO|PAINTING|RUN",
            help=f"A picture of any kind, or a run of `impasto train`{SHIPPED}.",
            callback=_known,
        ),
    ]
    colours: Annotated[
        int,
        typer.Option(
            metavar="N", help=f"How many paints to fill, {FEWEST} to {MOST}.", callback=_colours
        ),
    ] = 24
    size: Annotated[
        str,
        typer.Option(
            "--size",
            "--canvas",
            help="The canvas: 40x50cm, 300x400mm, 16x20in, or A3; it is turned like the picture.",
        ),
    ] = "40x50cm"
    level: Annotated[
        Literal["easy", "medium", "hard"],
        typer.Option(
            help="Narrowest region 6, 4 or 3 mm (3.2, 2.2 or 2 in faces and where people look)."
        ),
    ] = "medium"
    paints: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|SET",
            help="Mix every colour from these: a YAML file, or acrylics, primaries, warm-and-cool.",
        ),
    ] = None
    paper: Annotated[
        str,
        typer.Option(
            help="The paper to print the plan on: A4 to A0, letter, 30x40cm, in several sheets "
            "with marks; or canvas: one page as large as the canvas."
        ),
    ] = "A4"
    fit: Annotated[
        Literal["whole", "fill"],
        typer.Option(
            help="whole: all of the picture, with a margin where the canvas is longer. fill: fill "
            "the canvas and cut the picture's longer side."
        ),
    ] = "whole"
    faces: Annotated[
        bool,
        typer.Option(
            "--faces/--no-faces",
            help="Draw faces and what stands out more finely (needs impasto[judges]).",
        ),
    ] = True
    out: Annotated[Path | None, typer.Option(help="Folder [default: kits/NAME].")] = None
    count: Annotated[int, typer.Option(min=1, max=1_000, help="For a RUN: number of pictures.")] = 1
    seed: Annotated[
        int, typer.Option(min=0, max=2**30, help="For a RUN: seed of the first picture.")
    ] = 0
    checkpoint: Annotated[
        str, typer.Option(help="For a RUN: best, last, or a number of images.", metavar="WHICH")
    ] = "best"
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False

    def check_one_picture(self) -> None:
        """Refuse options that say which of a generator's pictures are made.

        Raises:
            ImpastoError: one is given.
        """
        for name in ("count", "seed", "checkpoint"):
            if getattr(self, name) != getattr(KitOptions, name):
                raise ImpastoError(f"--{name} is for a RUN; leave it out for {self.what}.")


@grouped
def kit(asked: KitOptions) -> None:
    """Make a paint-by-numbers kit: a plan to print, colours to mix, the finished picture.

    impasto kit photo.jpg

    impasto kit photo.jpg --colours 36 --size A2 --level hard --paper A3

    impasto kit photo.jpg --paints acrylics            the recipe of each colour, in parts

    impasto kit photo.jpg --paints my-tubes.yaml       from the tubes that you own

    impasto kit impressionists-256 --count 4           of generated paintings

    The folder holds kit.pdf (colours with amounts and recipes, the finished picture, the plan on
    its sheets), plan.svg (layers colours, outlines, numbers), painted.png and kit.json. Print at
    100 %, not "fit to page". More colours and --level hard follow the picture more closely;
    easy has fewer than half as many regions as medium. my-tubes.yaml is a list of swatches:

    paints: [{name: Titanium white, white: '#f6f6f6', black: '#c7c7c7'}, …]

    that is, each paint's colour over white and over black. Needs: pip install 'impasto[kit]'.
    """
    from impasto.core import clock

    began = clock.now()
    from impasto.kit.canvas import parse_canvas, parse_paper

    canvas = parse_canvas(asked.size)
    found = find(asked.what) or asked.what
    if found.is_dir():
        known_generator(found, asked.checkpoint)
    else:
        asked.check_one_picture()
    sheets = None if asked.paper == "canvas" else parse_paper(asked.paper)

    from impasto.core.notes import own_folder
    from impasto.kit.making import FILES, Order, make_kit, make_kits_of_run, read_picture
    from impasto.paints.files import load_paints

    tubes = load_paints(asked.paints) if asked.paints else None
    order = Order(canvas, asked.colours, asked.level, asked.fit, tubes, sheets, asked.faces)
    name = found.resolve().name if found.is_dir() else asked.what.stem
    claimed = nullcontext(asked.out) if asked.out else own_folder(KITS / name, found)
    from impasto.core.files import alone_in
    from impasto.core.given import give, refuse_given

    give(found)
    with claimed as place, alone_in(place, "kit"):
        refuse_given(place / FILES["painted"])
        if found.is_dir():
            done = make_kits_of_run(found, order, place, asked.count, asked.checkpoint, asked.seed)
        else:
            done = [make_kit(read_picture(asked.what), order, place, asked.what.stem, began)]
    _report(done, asked.as_json)


def _report(done: "list[Done]", as_json: bool) -> None:
    if as_json:
        found = [each.summary() for each in done]
        typer.echo(json.dumps(found if len(found) > 1 else found[0]))
        return
    if done[0].missing:
        say(done[0].missing, style="dim")
    for each in done:
        say(each.remark(), style="dim")
        tell(each.files["kit"])
