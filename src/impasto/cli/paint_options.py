"""The options of `impasto paint`: how to paint, paintings by hand, and real canvases."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.options import known_file
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.paint.hand.means import HandOrder
    from impasto.paint.plot.making import PlotOrder


def known_mask(text: str | None) -> str | None:
    """A picture that is there, or `auto`; a file of that name is `./auto`."""
    if text and text != "auto":
        known_file(Path(text))
    return text


Strokes = Annotated[int, typer.Option(min=1, max=200_000, help="Number of strokes.")]
Size = Annotated[
    int | None,
    typer.Option(
        min=16,
        max=16_384,
        help="Longer side in pixels; strokes are drawn at that size [default: the photo's, "
        "512–2048].",
    ),
]
Style = Annotated[
    Path | None,
    typer.Option(
        help="A painting to take colours and texture from.",
        metavar="PAINTING",
        callback=known_file,
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option(
        "--time",
        min=1,
        max=86_400,
        help="Finish painting.png within this many seconds.",
        metavar="S",
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder [default: painted/NAME].")]
FilmSeconds = Annotated[
    float,
    typer.Option(
        min=1,
        max=600,
        help="The film's length in seconds; for a FILM, how much of it to paint.",
        metavar="S",
    ),
]
Loss = Annotated[
    Literal["pixels", "perceptual", "both"],
    typer.Option(help="What strokes should match: pixels, the features of a network, or both."),
]
Palette = Annotated[
    str | None,
    typer.Option(
        help="Limit the colours: 8 (from the photo), monet.jpg or monet.jpg:12 (from a "
        "painting), or '#1b2f4b,#d9a441,#f2e8d5'."
    ),
]
Ground = Annotated[
    str | None,
    typer.Option(
        help="The bare canvas: photo (its mean colour), white, or '#b59a78' [default: photo; "
        "white with --plot]."
    ),
]
Mask = Annotated[
    str | None,
    typer.Option(
        help="Where to work carefully: white most, black least. auto: faces, and where people "
        "look.",
        metavar="IMAGE|auto",
        callback=known_mask,
    ),
]
Thinnest = Annotated[
    float | None, typer.Option(min=0.5, help="Thinnest stroke in pixels.", metavar="PX")
]
Broadest = Annotated[
    float | None, typer.Option(min=1, help="Broadest stroke in pixels.", metavar="PX")
]
Even = Annotated[
    float,
    typer.Option(min=0, max=1, help="0: few strokes on flat areas. 1: the same everywhere."),
]
Seed = Annotated[int, typer.Option(min=0, max=2**30, help="Seed of the strokes.")]
Count = Annotated[int, typer.Option(min=1, max=10_000, help="For a RUN: number of pictures.")]
Checkpoint = Annotated[
    str, typer.Option(help="For a RUN: best, last, or a number of images.", metavar="WHICH")
]
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
