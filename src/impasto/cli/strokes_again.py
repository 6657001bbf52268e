"""Shared by `impasto paint` and `impasto repaint`: files to write, and redrawing strokes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.options import DOTS, PRINT
from impasto.core.console import say, tell
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.paint.commission import Done, Order
    from impasto.paint.outputs import FilmKind
    from impasto.paint.plot.making import PlotOrder

Texture = Annotated[
    Literal["none", "linen", "paper"] | None,
    typer.Option(help="Canvas texture that shows through [default: none, or the painting's own]."),
]
Paper = Annotated[str | None, typer.Option("--print", help=PRINT, metavar="PAPER")]
Dpi = Annotated[float | None, typer.Option(min=10, max=2400, help=DOTS)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Brush = Annotated[
    str | None,
    typer.Option(
        help="oil, dry, wash, ink or charcoal [default: oil, or the painting's own]; a MyPaint "
        "brush, FILE.myb, where libmypaint is installed; or a RUN of `impasto strokes train`.",
        metavar="NAME|FILE|RUN",
    ),
]


FILM_SECONDS = 14.0
"""The length of a film unless given."""


@dataclass(frozen=True)
class Files:
    """Further files of a painting, beside painting.png and strokes.json."""

    film: Annotated[
        bool, typer.Option("--film", help="Also write painting.mp4, a film of how it grew.")
    ] = False
    film_as: Annotated[
        Literal["mp4", "gif", "webp"] | None,
        typer.Option(help="The film's format; implies --film."),
    ] = None
    film_seconds: Annotated[
        float | None,
        typer.Option(
            min=1, max=600, help="The film's length in seconds [default: 14].", metavar="S"
        ),
    ] = None
    svg: Annotated[bool, typer.Option("--svg", help="Also write painting.svg.")] = False
    ora: Annotated[
        bool,
        typer.Option("--ora", help="Also write painting.ora: layers for Krita, MyPaint, GIMP."),
    ] = False

    @property
    def film_kind(self) -> "FilmKind | None":
        """The film's format; None for no film."""
        return self.film_as or ("mp4" if self.film else None)

    def seconds(self, *, of_clip: bool = False) -> float:
        """The film's length.

        Args:
            of_clip: whether the input is a film, of which these many seconds are painted.

        Raises:
            ImpastoError: a length is given, but no film is made.
        """
        if self.film_seconds is not None and self.film_kind is None and not of_clip:
            raise ImpastoError("--film-seconds needs --film; add it.")
        return FILM_SECONDS if self.film_seconds is None else self.film_seconds


@dataclass(frozen=True)
class PlotOptions:
    """`--plot` and the options that belong to it."""

    plot: Annotated[
        Path | None,
        typer.Option(
            help="Also write programs for machines to this folder: plot.svg (a layer for each "
            "pen), "
            "plot.gcode, plot.hpgl and a preview, plot.png; a folder for each of several pictures.",
            metavar="DIR",
        ),
    ] = None
    machine: Annotated[
        str | None,
        typer.Option(
            help="What draws the plot: pen (lifted by a servo), pen-z, brush (dipped again after "
            "a distance), or a YAML file that describes your machine [default: pen].",
            metavar="NAME|FILE",
        ),
    ] = None
    canvas: Annotated[
        str | None,
        typer.Option(
            help="With --plot or --opaque, the canvas or paper: A3, 400x300mm, 16x12in [default: "
            "A3; 40x50cm with --opaque alone].",
            metavar="SIZE",
        ),
    ] = None
    margin: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1000,
            help="With --plot or --opaque: the unpainted edge in millimetres [10; 0 with "
            "--opaque alone].",
            metavar="MM",
        ),
    ] = None
    pen: Annotated[
        float | None,
        typer.Option(
            min=0.05,
            max=50,
            help="With --plot: the pen's width; broader strokes are hatched with it "
            "[the machine's].",
            metavar="MM",
        ),
    ] = None
    pens: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=64,
            help="With --plot: the most pens or paints [12; all mixtures with --opaque].",
        ),
    ] = None
    resume_at: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="With --plot: skip what is already drawn and start at stroke K of the plot.",
            metavar="K",
        ),
    ] = None

    def order(self, *, opaque: bool | None = None) -> "PlotOrder | None":
        """The checked settings of a plot; None without one.

        Args:
            opaque: whether canvas and margin also belong to a plan to paint by hand; None where
                there is no `--opaque`.

        Raises:
            ImpastoError: an option needs `--plot`, or cannot be.
        """
        if self.plot is None:
            for name, value in vars(self).items():
                if value is not None and not (opaque and name in ("canvas", "margin")):
                    option = name.replace("_", "-")
                    also = (
                        " or --opaque"
                        if opaque is not None and name in ("canvas", "margin")
                        else ""
                    )
                    raise ImpastoError(
                        f"--{option} belongs to --plot{also}; say where the plot goes: "
                        "--plot plotted."
                    )
            return None
        from impasto.paint.plot.machine import load_machine
        from impasto.paint.plot.making import PlotOrder
        from impasto.paint.plot.sheet import lay_out, parse_canvas

        if self.plot.exists() and not self.plot.is_dir():
            raise ImpastoError(f"--plot {self.plot}: this is a file; name a folder for the plot.")
        machine = load_machine(self.machine or "pen")
        if self.pen is not None:
            machine = machine.model_copy(update={"pen": self.pen})
        canvas = parse_canvas(self.canvas or "A3")
        margin = 10.0 if self.margin is None else self.margin
        lay_out(canvas, margin, 1, 1)
        return PlotOrder(self.plot, machine, canvas, margin, self.pens, self.resume_at or 1)


def draw_again(
    strokes: Path, order: "Order", out: Path | None, brush: str | None, as_json: bool
) -> None:
    """Redraw a strokes.json, beside it if no folder is given, and print the paths."""
    from impasto.core.files import alone_in
    from impasto.paint.commission import repaint

    called = order.size or (order.paper.name if order.paper else "same")
    place = out or strokes.resolve().parent / f"again-{called}"
    with alone_in(place, "paint"):
        done = [repaint(strokes, order, place, brush)]
    report(done, as_json)


def report(done: "list[Done]", as_json: bool) -> None:
    """Print the result and the paths."""
    if as_json:
        typer.echo(
            json.dumps([each.summary() for each in done] if len(done) > 1 else done[0].summary())
        )
        return
    for each in done:
        say(each.remark(), style="dim")
        tell(each.files["painting"])
