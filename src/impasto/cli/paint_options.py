"""Options of `impasto paint` that belong together: paintings by hand, and real canvases."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impasto.cli.options import known_file
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.paint.hand.means import HandOrder
    from impasto.paint.plot.making import PlotOrder

Opaque = Annotated[
    bool,
    typer.Option(
        "--opaque",
        help="Plan an order that a hand can paint: broad brushes first, far before near, one "
        "mixture after another, each layer dry before the next.",
    ),
]
PaintSet = Annotated[
    str | None,
    typer.Option(
        "--paints",
        help="With --opaque: mix every colour from these paints: a YAML file, or acrylics, "
        "primaries, warm-and-cool; --palette sets the number of mixtures [16].",
        metavar="FILE|SET",
    ),
]
Brushes = Annotated[
    str | None,
    typer.Option(
        help="With --opaque: the widths of your brushes in millimetres, such as 3,8,20 "
        "[flat brushes that shops sell].",
        metavar="MM,…",
    ),
]
Sheets = Annotated[
    str | None,
    typer.Option(
        help="Also steps.pdf on this paper, A4 to A0: a page for each step with what is added, its "
        "colours, brush and minutes, and a grid for transfer. With --opaque.",
        metavar="PAPER",
    ),
]
FromCanvas = Annotated[
    Path | None,
    typer.Option(
        help="Continue a real canvas: a photograph of it is what the strokes are laid on.",
        metavar="PHOTO",
        callback=known_file,
    ),
]
Corners = Annotated[
    str | None,
    typer.Option(
        help="With --from-canvas: the canvas's corners in pixels of the photograph, "
        "'x,y x,y x,y x,y' [found].",
        metavar="XY",
    ),
]


@dataclass(frozen=True)
class ByHand:
    """What `--opaque` and the options that belong to it ask for."""

    opaque: bool
    paints: str | None
    brushes: str | None
    palette: str | None
    plot: "PlotOrder | None"
    canvas: str | None
    margin: float | None

    def order(self) -> "HandOrder | None":
        """Checked before anything is painted; None where nobody paints by hand."""
        if not self.opaque:
            for name in ("paints", "brushes"):
                if getattr(self, name) is not None:
                    raise ImpastoError(f"--{name} belongs to --opaque; add --opaque.")
            return None
        from impasto.paint.hand.means import HandOrder, parse_brushes
        from impasto.paint.plot.sheet import lay_out, parse_canvas
        from impasto.paints.files import load_paints

        if self.palette and not self.palette.isdecimal():
            raise ImpastoError(
                f"--palette {self.palette}: with --opaque say how many mixtures, such as "
                "--palette 16; --paints says of which paints."
            )
        usual = ("A3", 10.0) if self.plot else ("40x50cm", 0.0)
        canvas = parse_canvas(self.canvas or usual[0])
        margin = usual[1] if self.margin is None else self.margin
        lay_out(canvas, margin, 1, 1)
        return HandOrder(
            canvas,
            margin,
            parse_brushes(self.brushes) if self.brushes else (),
            load_paints(self.paints) if self.paints else None,
            int(self.palette or 16),
        )


def parse_sheets(text: str | None, *, opaque: bool) -> tuple[float, float] | None:
    """Read `--sheets`, in millimetres; `opaque`: whether there are steps to print."""
    if text is None:
        return None
    if not opaque:
        raise ImpastoError("--sheets belongs to --opaque; add --opaque.")
    from impasto.core import pdf  # noqa: F401  its absence is told before anything is painted
    from impasto.core.paper import parse_canvas_size

    return parse_canvas_size(text, "--sheets", 140, 2_000)
