"""`impasto print`: a file for a printer."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from impasto.cli.options import PICTURES, known_file
from impasto.core.console import tell
from impasto.core.given import refuse_given
from impasto.errors import ImpastoError

SMALLEST, LARGEST = 10, 5_000
"""Limits of a sheet's side in millimetres."""

Kind = Literal["pdf", "png", "tiff"]
KINDS: dict[str, Kind] = {".pdf": "pdf", ".png": "png", ".tif": "tiff", ".tiff": "tiff"}
"""Formats by suffix."""

NOT_WRITTEN = {*PICTURES, ".gif", ".bmp", ".avif", ".heic", ".jp2", ".psd", ".svg"} - {*KINDS}
"""Suffixes of files that somebody may ask for; another one is part of a folder's name."""


def print_(
    picture: Annotated[Path, typer.Argument(help="Any picture.", callback=known_file)],
    paper: Annotated[
        str,
        typer.Option(
            metavar="SIZE",
            help="A0 to A6, letter, legal, tabloid, or a size: 210x297mm, 30x40cm, 8x10in.",
        ),
    ] = "A4",
    dpi: Annotated[float, typer.Option(min=10, max=2400, help="Dots per inch.")] = 300,
    bleed: Annotated[
        float,
        typer.Option(
            min=0,
            max=50,
            metavar="MM",
            help="Bleed: picture beyond each edge, to be trimmed; implies --fill.",
        ),
    ] = 0,
    fill: Annotated[
        bool, typer.Option("--fill", help="Fill the paper and crop what does not fit.")
    ] = False,
    kind: Annotated[
        Kind | None,
        typer.Option("--format", help="Output format [default: --out's, or pdf]."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder, or a file [default: beside the picture].")
    ] = None,
) -> None:
    """Lay a picture out for print: paper in millimetres, bleed, PDF, PNG or TIFF.

    impasto print painting.png --paper A3

    impasto print painting.png --paper 300x400mm --bleed 3 --format tiff

    The picture is scaled, not redrawn. For more detail, enlarge it first with `impasto upscale`, or
    redraw a painting's strokes with `impasto repaint STROKES --print A3`. Colours are sRGB.
    """
    from impasto.core.paper import parse_canvas_size
    from impasto.print.layout import Sheet, print_file

    width, height = parse_canvas_size(paper, "--paper", SMALLEST, LARGEST)
    named = None if out is None else KINDS.get(out.suffix.lower())
    if kind and named and kind != named:
        raise ImpastoError(f"--format {kind} does not fit --out {out}; leave out one of the two.")
    if out is not None and out.suffix.lower() in NOT_WRITTEN and not out.is_dir():
        raise ImpastoError(
            f"--out {out}: prints are written as {', '.join(KINDS)}; name such a file, or a folder."
        )
    kind = kind or named or "pdf"
    place = (
        out
        if out is not None and named
        else (out or picture.parent) / (f"{picture.stem}-print.{kind}")
    )
    refuse_given(place)
    told = print_file(picture, Sheet(width, height, dpi, bleed, fill), kind, place)
    tell(str(place), told)
