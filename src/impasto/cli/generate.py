"""`impasto generate`: pictures, sheets and films by a trained generator."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from impasto.cli.options import (
    DOTS,
    GENERATOR,
    PRINT,
    known_files,
    known_folder,
    known_painter,
    known_run,
    known_seeds,
)
from impasto.core.console import tell


def generate(
    run: Annotated[
        Path,
        typer.Argument(help=GENERATOR, callback=known_run),
    ],
    count: Annotated[
        int | None,
        typer.Option(
            min=1, max=1_000_000, help="How many pictures [default: 16; for a film 6 to walk by]."
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            min=0, max=2**62, help="Seed of the first picture; the next has the next seed."
        ),
    ] = 0,
    seeds: Annotated[
        str | None,
        typer.Option(
            help="Just these: `0-63`, `7`, `1,5,9-12`.", metavar="SEEDS", callback=known_seeds
        ),
    ] = None,
    latents: Annotated[
        list[Path] | None,
        typer.Option(
            help="Again, what a PNG by Impasto or a .json holds; may be repeated.",
            callback=known_files,
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="For a generator that learnt with labels: which one.")
    ] = None,
    truncation: Annotated[
        float,
        typer.Option(
            min=0, max=4, help="Below 1: less varied, nearer to the middle. 1: as trained."
        ),
    ] = 1.0,
    truncation_by: Annotated[
        Literal["shrink", "resample"],
        typer.Option(help="Shrink the latent, or draw its numbers beyond ± truncation again."),
    ] = "shrink",
    truncation_sheet: Annotated[
        bool, typer.Option("--truncation-sheet", help="One sheet: each picture at 0 to 1.4.")
    ] = False,
    move: Annotated[
        list[str] | None,
        typer.Option(
            help="Along a direction of `explore`: warmth=2.5; may be repeated.", metavar="WHICH=FAR"
        ),
    ] = None,
    best: Annotated[
        int | None, typer.Option(min=1, help="Of all these the best so many, and different ones.")
    ] = None,
    judge: Annotated[
        Literal["auto", "lite0", "lite2", "dinov2-s", "discriminator"],
        typer.Option(
            help="What ranks pictures for --best: nearness to the originals, seen by a network, "
            "or the run's discriminator. dinov2-s looks at what a picture shows."
        ),
    ] = "auto",
    interpolate: Annotated[
        Literal["slerp", "linear", "cubic"] | None,
        typer.Option(help="A film from picture to picture: along arcs, straight, or smoothly."),
    ] = None,
    circle: Annotated[
        bool, typer.Option("--circle", help="A film in a circle through two pictures.")
    ] = False,
    radius: Annotated[
        float, typer.Option(help="Below 1 the circle stays near the first of three pictures.")
    ] = 1.0,
    loop: Annotated[
        bool, typer.Option("--loop", help="Lead the film back to its first picture, without end.")
    ] = False,
    easing: Annotated[
        Literal["none", "in", "out", "in-out"],
        typer.Option(help="Start slowly at each picture, arrive slowly, or both."),
    ] = "none",
    seconds: Annotated[
        float,
        typer.Option(min=0.05, max=3600, help="To the next picture; a circle takes 4 times that."),
    ] = 2.0,
    fps: Annotated[float, typer.Option(help="Frames a second.")] = 30.0,
    film: Annotated[Literal["mp4", "gif", "webp"], typer.Option(help="What the film is.")] = "mp4",
    side: Annotated[
        int | None,
        typer.Option(min=16, max=4096, help="The film's shorter side in pixels [default: ≥ 256]."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="For --best: the originals, a folder or a prepared set, if the run does not "
            "know them.",
            callback=known_folder,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder [default: RUN/generated, or RUN/generated-WHICH].")
    ] = None,
    grid: Annotated[
        bool, typer.Option("--grid", help="One sheet of all, or of the film's way, not files.")
    ] = False,
    paper: Annotated[str | None, typer.Option("--print", help=PRINT, metavar="PAPER")] = None,
    dpi: Annotated[float | None, typer.Option(min=10, max=2400, help=DOTS)] = None,
    contact_sheet: Annotated[
        bool, typer.Option("--contact-sheet", help="Also one numbered sheet of all the files.")
    ] = False,
    numbers: Annotated[
        bool, typer.Option("--numbers/--no-numbers", help="Seeds below the pictures of a sheet.")
    ] = True,
    checkpoint: Annotated[
        str, typer.Option(help="best, last, or a number of images.", metavar="WHICH")
    ] = "best",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Paint new pictures. The same seed always gives the same painting.

    impasto generate runs/mine --count 64 --grid

    impasto generate runs/mine --seeds 3,17,40-47 --out favourites

    impasto generate runs/mine --count 500 --best 12

    impasto generate runs/mine --seeds 3,17,42 --interpolate cubic --loop --film webp

    Every PNG carries its latent: `--latents favourites/seed-000017.png` makes it again, or walks
    from it.
    """
    from impasto.core.paper import parse_print
    from impasto.generate.asked import Request, check

    request = Request(
        run=run,
        count=count,
        seed=seed,
        seeds=seeds,
        files=tuple(latents or ()),
        label=label,
        truncation=truncation,
        truncation_by=truncation_by,
        truncation_sheet=truncation_sheet,
        moves=tuple(move or ()),
        best=best,
        judge=judge,
        interpolate=interpolate,
        circle=circle,
        radius=radius,
        loop=loop,
        easing=easing,
        seconds=seconds,
        fps=fps,
        film=film,
        side=side,
        data=data,
        out=out,
        grid=grid,
        checkpoint=checkpoint,
        contact_sheet=contact_sheet,
        numbers=numbers,
        paper=parse_print(paper, dpi),
    )
    check(request)  # said before torch takes its second
    known_painter(run, checkpoint, label)

    from impasto.generate.request import fulfil

    origin, files = fulfil(request)
    if as_json:
        typer.echo(json.dumps({"origin": origin, "files": [str(file) for file in files]}))
    else:
        tell(*files[:3])
        if len(files) > 3:
            tell(f"… and {len(files) - 3} more in {files[0].parent}")
