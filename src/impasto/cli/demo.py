"""`impasto demo`: every step once on built-in paintings, in minutes."""

import json
from pathlib import Path
from typing import Annotated

import typer

from impasto.core.console import tell


def demo(
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("demo"),
    minutes: Annotated[float, typer.Option(min=0.01, max=600, help="Minutes of training.")] = 2.0,
    pictures: Annotated[
        int, typer.Option(min=64, max=100_000, help="Number of built-in paintings to train on.")
    ] = 2_000,
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False,
) -> None:
    """Paint a built-in set, train on it and show a gallery on one page.

    It downloads nothing and needs no pictures of yours. Run the same command again to resume an
    interrupted training; a finished one is kept, and the page is written again.
    """
    from impasto.core.device import keep_freed_memory

    keep_freed_memory()

    from impasto.core.runs import Run
    from impasto.demo import train_demo, write_demo

    run = Run(out / "run")
    if not train_demo(run, pictures, minutes).finished:
        raise typer.Exit(130)
    page = write_demo(run, out, seconds=10 * minutes)
    if as_json:
        typer.echo(json.dumps({"page": str(page), "run": str(run.folder)}))
    else:
        tell(f"Open {page.resolve()}")
