"""`impasto demo`: every step once on built-in paintings, in minutes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impasto.core.console import tell

if TYPE_CHECKING:
    from impasto.core.checkpoints import ModelCard
    from impasto.core.runs import Run

GALLERY, SHIPPED_GALLERY = 48, 36
STROKES, SECONDS = 1_000, 15.0


def demo(
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("demo"),
    minutes: Annotated[float, typer.Option(min=0.01, max=600, help="Minutes of training.")] = 2.0,
    pictures: Annotated[
        int, typer.Option(min=64, max=100_000, help="Number of built-in paintings to train on.")
    ] = 2_000,
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False,
) -> None:
    """Paint a built-in set, train on it and show a gallery on one page.

    Nothing is downloaded and no picture of yours is needed. The same command again goes on with
    the training if it was interrupted, and otherwise opens nothing and spoils nothing.
    """
    from impasto.core.device import choose_device, keep_freed_memory

    keep_freed_memory()

    from impasto.core.pages import write_page
    from impasto.core.runs import Run
    from impasto.generate.artefact import load_generator
    from impasto.generate.gallery import paint_gallery
    from impasto.metrics.judge import Judge
    from impasto.prepare.source import Data
    from impasto.train.report import embed, story
    from impasto.train.resolve import resolve_config
    from impasto.train.training import run_training

    run = Run(out / "run")
    changes = {"training.minutes": minutes, "training.sample_every": 2_500}
    device, source = choose_device(), Data.parse(f"colourfield:{pictures}")
    config, dataset, *_ = resolve_config("quick-64", changes, run, source, device, "nothing")
    assert dataset is not None  # it is painted if need be
    outcome = run_training(config, dataset, run, device, judge=Judge(dataset.pictures, count=500))
    if not outcome.finished:
        raise typer.Exit(130)
    seeds = range(1_000, 1_000 + GALLERY)
    (sheet,) = paint_gallery(load_generator(run.folder), seeds, out / "gallery", as_grid=True)
    painted, subject = _paint_one(run, out / "painted", min(SECONDS, 10 * minutes))
    page = out / "index.html"
    shown = {"gallery": embed(sheet, 900), "painted": embed(painted, 900), "subject": subject}
    shipped = _paint_shipped(out / "shipped")
    write_page(page, "demo.html", **story(run), **shown, shipped=shipped, run=run.folder)
    _end(page, run, as_json)


def _paint_shipped(out: Path) -> list[tuple[str, "ModelCard", str | None]]:
    """A sheet by each generator that comes with Impasto: its name, description, data address."""
    from impasto.core.checkpoints import read_card
    from impasto.core.shipped import WEIGHTS, names
    from impasto.generate.artefact import load_generator
    from impasto.generate.gallery import paint_gallery
    from impasto.train.report import embed

    found = []
    for name in names():
        painter, seeds = load_generator(WEIGHTS / name), range(SHIPPED_GALLERY)
        (sheet,) = paint_gallery(painter, seeds, out / name, as_grid=True)
        found.append((name, read_card(WEIGHTS / name), embed(sheet, 900)))
    return found


def _paint_one(run: "Run", out: Path, seconds: float) -> tuple[Path, str]:
    """Paint a photograph with brush strokes, or without one a picture that the run makes."""
    from impasto.core.console import say
    from impasto.paint.commission import Order, paint_picture, paint_run
    from impasto.paint.painter import Plan
    from impasto.paint.picture import example, read_picture

    order = Order(Plan(strokes=STROKES, seconds=seconds), size=512)
    photograph = example()
    say("Painting a photograph with brush strokes." if photograph else "Painting with strokes.")
    if photograph is not None:
        done = paint_picture(read_picture(photograph, 512), order, out)
        return done.files["painting"], "a photograph (NASA's, from scikit-image)"
    (done,) = paint_run(run.folder, order, out, 1, "best")
    return done.files["painting"], "one of the pictures that this generator makes"


def _end(page: Path, run: "Run", as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"page": str(page), "run": str(run.folder)}))
    else:
        tell(f"Open {page.resolve()}")
