"""The demo: paint a set, train on it, generate, paint with strokes, and show it on one page."""

from pathlib import Path

from impasto.core import shipped
from impasto.core.checkpoints import ModelCard, read_card
from impasto.core.console import say
from impasto.core.device import choose_device
from impasto.core.pages import write_page
from impasto.core.runs import Run
from impasto.generate.artefact import load_generator
from impasto.generate.gallery import paint_gallery
from impasto.metrics.judge import Judge
from impasto.paint.commission import Order, paint_picture, paint_run
from impasto.paint.painter import Plan
from impasto.paint.picture import example, read_picture
from impasto.prepare.source import Data
from impasto.train.report import embed, story
from impasto.train.resolve import resolve_config
from impasto.train.session import Outcome
from impasto.train.training import run_training

RECIPE = "quick-64"
GALLERY, SHIPPED_GALLERY = 48, 36
STROKES, SECONDS = 1_000, 15.0
JUDGED = 500
"""Samples of each judgement."""

SHEET_SIDE = 900
"""Pixels of a sheet's longer side on the page."""


def train_demo(run: Run, pictures: int, minutes: float) -> Outcome:
    """Train on built-in paintings, or resume.

    Args:
        run: its folder, made if need be.
        pictures: how many paintings to paint and train on.
        minutes: of training.
    """
    changes = {"training.minutes": minutes, "training.sample_every": 2_500}
    device, source = choose_device(), Data.parse(f"colourfield:{pictures}")
    config, dataset, *_ = resolve_config(RECIPE, changes, run, source, device, "nothing")
    assert dataset is not None  # it is painted if need be
    judge = Judge(dataset.pictures, count=JUDGED)
    return run_training(config, dataset, run, device, judge=judge)


def write_demo(run: Run, out: Path, seconds: float) -> Path:
    """Make what the demo shows of a trained run.

    Args:
        run: a finished training.
        out: the folder for the page and its pictures.
        seconds: for the painting with strokes, at most.

    Returns:
        The page.
    """
    seeds = range(1_000, 1_000 + GALLERY)
    (sheet,) = paint_gallery(load_generator(run.folder), seeds, out / "gallery", as_grid=True)
    painted, subject = paint_one(run, out / "painted", min(SECONDS, seconds))
    page = out / "index.html"
    shown = {
        "gallery": embed(sheet, SHEET_SIDE),
        "painted": embed(painted, SHEET_SIDE),
        "subject": subject,
        "shipped": paint_shipped(out / "shipped"),
    }
    write_page(page, "demo.html", **story(run), **shown, run=run.folder)
    return page


def paint_shipped(out: Path) -> list[tuple[str, ModelCard, str | None]]:
    """A sheet by each generator that comes with Impasto: its name, description, data address."""
    found = []
    for name in shipped.names():
        generator, seeds = load_generator(shipped.WEIGHTS / name), range(SHIPPED_GALLERY)
        (sheet,) = paint_gallery(generator, seeds, out / name, as_grid=True)
        found.append((name, read_card(shipped.WEIGHTS / name), embed(sheet, SHEET_SIDE)))
    return found


def paint_one(run: Run, out: Path, seconds: float) -> tuple[Path, str]:
    """Paint a photograph with brush strokes; without one, a picture that the run makes.

    Returns:
        The painting's file, and what its subject is, in words.
    """
    order = Order(Plan(strokes=STROKES, seconds=seconds), size=512)
    photograph = example()
    say("Painting a photograph with brush strokes." if photograph else "Painting with strokes.")
    if photograph is not None:
        done = paint_picture(read_picture(photograph, 512), order, out)
        return done.files["painting"], "a photograph (NASA's, from scikit-image)"
    (done,) = paint_run(run.folder, order, out, 1, "best")
    return done.files["painting"], "one of the pictures that this generator makes"
