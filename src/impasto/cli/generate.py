"""`impasto generate`: paint pictures with a trained generator."""

import json
from pathlib import Path
from typing import Annotated

import typer


def generate(
    run: Annotated[
        Path,
        typer.Argument(help="A run of `impasto train`, or a folder with generator.safetensors."),
    ],
    count: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many pictures.")] = 16,
    seed: Annotated[
        int,
        typer.Option(
            min=0, max=2**62, help="Seed of the first picture; the next has the next seed."
        ),
    ] = 0,
    seeds: Annotated[
        str | None,
        typer.Option(help="Just these: `0-63`, `7`, `1,5,9-12`.", metavar="SEEDS"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder [default: RUN/generated, or RUN/generated-WHICH].")
    ] = None,
    grid: Annotated[
        bool, typer.Option("--grid", help="One sheet of all of them, instead of single files.")
    ] = False,
    checkpoint: Annotated[
        str, typer.Option(help="best (by KID), last, or a number of images.", metavar="WHICH")
    ] = "best",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Paint new pictures. The same seed always gives the same painting.

    impasto generate runs/mine --count 64 --grid

    impasto generate runs/mine --seeds 3,17,40-47 --out favourites
    """
    from impasto.core.console import say
    from impasto.generate.gallery import paint_gallery, parse_seeds
    from impasto.generate.sampler import load_painter

    chosen = parse_seeds(seeds) if seeds is not None else range(seed, seed + count)
    painter = load_painter(run, checkpoint)
    say(f"Painting {len(chosen)} with {painter.origin}.", style="dim")
    place = "generated" if checkpoint == "best" else f"generated-{checkpoint}"
    files = paint_gallery(painter, chosen, out or run / place, as_grid=grid)
    if as_json:
        typer.echo(json.dumps({"origin": painter.origin, "files": [str(file) for file in files]}))
    else:
        typer.echo("\n".join(str(file) for file in files[:3]))
        if len(files) > 3:
            typer.echo(f"… and {len(files) - 3} more in {files[0].parent}")
