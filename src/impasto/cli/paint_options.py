"""The options of `impasto paint`: how to paint, paintings by hand, and real canvases."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.options import known_file
from impasto.cli.strokes_again import (
    AsJson,
    Brush,
    Dpi,
    Files,
    Paper,
    PlotOptions,
    Texture,
)
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.paint.begun import BegunCanvas
    from impasto.paint.hand.means import HandOrder


def known_mask(text: str | None) -> str | None:
    """Check that it is an existing picture or `auto`; a file of that name is `./auto`."""
    if text and text != "auto":
        known_file(Path(text))
    return text


Sheets = Annotated[
    str | None,
    typer.Option(
        help="Also write steps.pdf on this paper, A4 to A0: a page for each step with what is "
        "added, its "
        "colours, brush and minutes, and a grid for transfer. With --opaque.",
        metavar="PAPER",
    ),
]


@dataclass(frozen=True)
class Basics:
    """Brush, materials and size."""

    strokes: Annotated[int, typer.Option(min=1, max=200_000, help="Number of strokes.")] = 1_500
    size: Annotated[
        int | None,
        typer.Option(
            min=16,
            max=16_384,
            help="Longer side in pixels; strokes are drawn at that size [default: the photo's, "
            "512–2048].",
        ),
    ] = None
    brush: Brush = None
    style: Annotated[
        Path | None,
        typer.Option(
            help="A painting to take colours and texture from.",
            metavar="PAINTING",
            callback=known_file,
        ),
    ] = None
    seconds: Annotated[
        float | None,
        typer.Option(
            "--time",
            min=1,
            max=86_400,
            help="Finish painting.png within this many seconds.",
            metavar="S",
        ),
    ] = None
    out: Annotated[Path | None, typer.Option(help="Folder [default: painted/NAME].")] = None


@dataclass(frozen=True)
class PaintFiles(Files):
    """Files to write; for a film as input, how much of it."""

    film_seconds: Annotated[
        float | None,
        typer.Option(
            min=1,
            max=600,
            help="The film's length in seconds; for a FILM, how much of it to paint [default: 14].",
            metavar="S",
        ),
    ] = None


@dataclass(frozen=True)
class ByHand:
    """`--opaque`, `--from-canvas` and the options that belong to them."""

    opaque: Annotated[
        bool,
        typer.Option(
            "--opaque",
            help="Plan an order that a hand can paint: broad brushes first, far before near, one "
            "mixture after another, each layer dry before the next.",
        ),
    ] = False
    paints: Annotated[
        str | None,
        typer.Option(
            "--paints",
            help="With --opaque: mix every colour from these paints: a YAML file, or acrylics, "
            "primaries, warm-and-cool; --palette sets the number of mixtures [16].",
            metavar="FILE|SET",
        ),
    ] = None
    brushes: Annotated[
        str | None,
        typer.Option(
            help="With --opaque: the widths of your brushes in millimetres, such as 3,8,20 "
            "[flat brushes that shops sell].",
            metavar="MM,…",
        ),
    ] = None
    sheets: Sheets = None
    from_canvas: Annotated[
        Path | None,
        typer.Option(
            help="Continue a real canvas, which this photograph shows.",
            metavar="PHOTO",
            callback=known_file,
        ),
    ] = None
    corners: Annotated[
        str | None,
        typer.Option(
            help="With --from-canvas: the canvas's corners in pixels of the photograph, "
            "'x,y x,y x,y x,y' [default: found by itself].",
            metavar="XY",
        ),
    ] = None

    def order(self, palette: str | None, plot: PlotOptions) -> "HandOrder | None":
        """The checked settings of a plan to paint by hand; None without one."""
        if not self.opaque:
            for name in ("paints", "brushes"):
                if getattr(self, name) is not None:
                    raise ImpastoError(f"--{name} belongs to --opaque; add --opaque.")
            return None
        from impasto.paint.hand.means import HandOrder, parse_brushes
        from impasto.paint.plot.sheet import lay_out, parse_canvas
        from impasto.paints.files import load_paints

        if palette and not palette.isdecimal():
            raise ImpastoError(
                f"--palette {palette}: with --opaque give the number of mixtures, such as "
                "--palette 16; --paints names the paints."
            )
        usual = ("A3", 10.0) if plot.plot else ("40x50cm", 0.0)
        canvas = parse_canvas(plot.canvas or usual[0])
        margin = usual[1] if plot.margin is None else plot.margin
        lay_out(canvas, margin, 1, 1)
        return HandOrder(
            canvas,
            margin,
            parse_brushes(self.brushes) if self.brushes else (),
            load_paints(self.paints) if self.paints else None,
            int(palette or 16),
        )

    def check_canvas(self, one: bool) -> None:
        """Refuse what does not fit `--from-canvas`; `one`: whether the input is one picture."""
        if self.from_canvas and not one:
            raise ImpastoError(
                f"--from-canvas {self.from_canvas} shows one canvas; name the one photograph to "
                "paint on it."
            )
        if self.corners and not self.from_canvas:
            raise ImpastoError("--corners belongs to --from-canvas; name the canvas's photograph.")

    def begun(self) -> "BegunCanvas | None":
        """The canvas in progress, if given."""
        from impasto.paint.begun import read_begun

        return read_begun(self.from_canvas, self.corners) if self.from_canvas else None


@dataclass(frozen=True)
class Details:
    """Details of how to paint."""

    loss: Annotated[
        Literal["pixels", "perceptual", "both"],
        typer.Option(help="What strokes should match: pixels, the features of a network, or both."),
    ] = "pixels"
    palette: Annotated[
        str | None,
        typer.Option(
            help="Limit the colours: 8 (from the photo), monet.jpg or monet.jpg:12 (from a "
            "painting), or '#1b2f4b,#d9a441,#f2e8d5'."
        ),
    ] = None
    ground: Annotated[
        str | None,
        typer.Option(
            help="The bare canvas: photo (its mean colour), white, or '#b59a78' [default: photo; "
            "white with --plot or --from-canvas]."
        ),
    ] = None
    texture: Texture = None
    mask: Annotated[
        str | None,
        typer.Option(
            help="Where to work carefully: white most, black least. auto: faces, and where people "
            "look.",
            metavar="IMAGE|auto",
            callback=known_mask,
        ),
    ] = None
    sparing: Annotated[
        bool,
        typer.Option(
            "--sparing",
            help="Get more out of each stroke, in about twice the time. Always on for photographs "
            "with --plot, --opaque or --mask auto, unless --time is given.",
        ),
    ] = False
    thinnest: Annotated[
        float | None,
        typer.Option(min=0.5, help="Thinnest stroke in pixels. Not with --opaque.", metavar="PX"),
    ] = None
    broadest: Annotated[
        float | None,
        typer.Option(min=1, help="Broadest stroke in pixels. Not with --opaque.", metavar="PX"),
    ] = None
    even: Annotated[
        float,
        typer.Option(min=0, max=1, help="0: few strokes on flat areas. 1: the same everywhere."),
    ] = 0.0
    seed: Annotated[int, typer.Option(min=0, max=2**30, help="Seed of the strokes.")] = 0
    count: Annotated[
        int, typer.Option(min=1, max=10_000, help="For a RUN: number of pictures.")
    ] = 1
    paper: Paper = None
    dpi: Dpi = None
    checkpoint: Annotated[
        str, typer.Option(help="For a RUN: best, last, or a number of images.", metavar="WHICH")
    ] = "best"
    as_json: AsJson = False

    def check_subject(self, what: Path) -> None:
        """Refuse options for a generator's pictures where `what` is not one.

        Raises:
            ImpastoError: one is given.
        """
        for name in ("count", "checkpoint"):
            if getattr(self, name) != getattr(Details, name):
                raise ImpastoError(f"--{name} is for a RUN; leave it out for {what}.")

    def where(self) -> Path | Literal["auto"] | None:
        """The mask."""
        return "auto" if self.mask == "auto" else Path(self.mask) if self.mask else None

    def check(self, basics: Basics) -> None:
        """Refuse wrong values before torch is loaded, as far as possible without the picture."""
        from impasto.brush.choice import known_brush
        from impasto.paint.palette import check_palette, parse_colour

        if basics.brush is not None:
            known_brush(basics.brush)
        if self.sparing and basics.seconds:
            raise ImpastoError("--sparing takes the time that it needs; leave out --time.")
        if self.palette:
            check_palette(self.palette)
        if self.ground not in (None, "photo", "white"):
            parse_colour(self.ground, "--ground")
        if self.thinnest is not None and not self.thinnest < (self.broadest or math.inf):
            raise ImpastoError(
                f"--thinnest {self.thinnest:g} must be less than --broadest; choose a smaller one, "
                "or a larger --broadest."
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
