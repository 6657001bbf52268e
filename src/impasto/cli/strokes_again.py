"""What `impasto paint` and `impasto repaint` share: files to make, and drawing strokes again."""

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
    from impasto.paint.plot.making import PlotOrder

Film = Annotated[
    bool, typer.Option("--film", help="Also write painting.mp4, a film of how it grew.")
]
FilmAs = Annotated[
    Literal["mp4", "gif", "webp"] | None, typer.Option(help="The film's format; implies --film.")
]
FilmSeconds = Annotated[
    float, typer.Option(min=1, max=600, help="The film's length in seconds.", metavar="S")
]
Svg = Annotated[bool, typer.Option("--svg", help="Also write painting.svg.")]
Ora = Annotated[
    bool, typer.Option("--ora", help="Also write painting.ora: layers for Krita, MyPaint, GIMP.")
]
Plot = Annotated[
    Path | None,
    typer.Option(
        help="Also programs for machines, in this folder: plot.svg (a layer for each pen), "
        "plot.gcode, plot.hpgl and a preview, plot.png; a folder for each of several pictures.",
        metavar="DIR",
    ),
]
Machine = Annotated[
    str | None,
    typer.Option(
        help="What draws the plot: pen (lifted by a servo), pen-z, brush (dipped again after "
        "a distance), or a YAML file that describes your machine [default: pen].",
        metavar="NAME|FILE",
    ),
]
Canvas = Annotated[
    str | None,
    typer.Option(
        help="With --plot or --opaque, the canvas or paper: A3, 400x300mm, 16x12in [default: A3; "
        "40x50cm with --opaque].",
        metavar="SIZE",
    ),
]
Margin = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1000,
        help="With --plot or --opaque: bare millimetres at the canvas's edges [10; 0].",
        metavar="MM",
    ),
]
Pen = Annotated[
    float | None,
    typer.Option(
        min=0.05,
        max=50,
        help="With --plot: the pen's width; broader strokes are hatched with it [the machine's].",
        metavar="MM",
    ),
]
Pens = Annotated[
    int | None,
    typer.Option(
        min=1, max=64, help="With --plot: the most pens or paints [12; all mixtures with --opaque]."
    ),
]
ResumeAt = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="With --plot: leave out what is drawn already, and begin with the plot's stroke K.",
        metavar="K",
    ),
]
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


@dataclass(frozen=True)
class PlotWishes:
    """What `--plot` and the options that belong to it ask for."""

    folder: Path | None
    machine: str | None
    canvas: str | None
    margin: float | None
    pen: float | None
    pens: int | None
    first: int | None

    def order(self, *, opaque: bool = False) -> "PlotOrder | None":
        """Checked before anything is painted; None where no plot is asked for.

        Args:
            opaque: whether canvas and margin are a hand's, too.
        """
        if self.folder is None:
            for name, value in vars(self).items():
                if value is not None and not (opaque and name in ("canvas", "margin")):
                    option = "resume-at" if name == "first" else name
                    also = " or --opaque" if name in ("canvas", "margin") else ""
                    raise ImpastoError(
                        f"--{option} belongs to --plot{also}; say where the plot goes: "
                        "--plot plotted."
                    )
            return None
        from impasto.paint.plot.machine import load_machine
        from impasto.paint.plot.making import PlotOrder
        from impasto.paint.plot.sheet import lay_out, parse_canvas

        if self.folder.exists() and not self.folder.is_dir():
            raise ImpastoError(f"--plot {self.folder}: this is a file; name a folder for the plot.")
        machine = load_machine(self.machine or "pen")
        if self.pen is not None:
            machine = machine.model_copy(update={"pen": self.pen})
        canvas = parse_canvas(self.canvas or "A3")
        margin = 10.0 if self.margin is None else self.margin
        lay_out(canvas, margin, 1, 1)
        return PlotOrder(self.folder, machine, canvas, margin, self.pens, self.first or 1)


def draw_again(
    strokes: Path, order: "Order", out: Path | None, brush: str | None, as_json: bool
) -> None:
    """Draw a strokes.json again and say where it lies: beside it, if no folder is named."""
    from impasto.core.files import alone_in
    from impasto.paint.commission import repaint

    called = order.size or (order.paper.name if order.paper else "same")
    place = out or strokes.resolve().parent / f"again-{called}"
    with alone_in(place, "paint"):
        done = [repaint(strokes, order, place, brush)]
    report(done, as_json)


def report(done: "list[Done]", as_json: bool) -> None:
    """Say what came of it, and where it lies."""
    if as_json:
        typer.echo(
            json.dumps([each.summary() for each in done] if len(done) > 1 else done[0].summary())
        )
        return
    for each in done:
        say(each.remark(), style="dim")
        tell(each.files["painting"])
