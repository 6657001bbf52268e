"""`report.html`: one page with the run's originals, its sample sheets and its curves."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup
from PIL import Image

from impasto.core.curves import curves
from impasto.core.images import LARGEST_SHEET, UNREADABLE, data_uri
from impasto.core.learnt import TrainingSetRecord, read_learnt
from impasto.core.pages import write_page
from impasto.core.runs import Row, Run, judge_name
from impasto.errors import ImpastoError
from impasto.reading import open_file, read_text
from impasto.recipes.shelf import LARGEST_RECIPE

SHEETS = 8
"""Most sample sheets on the page, spread over the training."""


def write_report(run: Run) -> None:
    """Write the run's page from the files in its folder."""
    write_page(run.report, "run.html", **story(run))


def story(run: Run) -> dict[str, object]:
    """Content for the page of a run: pictures as data addresses, curves, numbers."""
    stats, metrics = run.statistics(), run.judgements()
    sheets = run.samples()
    chosen = sorted({round(i) for i in np.linspace(0, len(sheets) - 1, SHEETS)}) if sheets else []
    by = "told_apart" if metrics and all("told_apart" in row for row in metrics) else "kid"
    best = min(metrics, key=lambda row: row[by]) if metrics else None
    return {
        "name": run.folder.name,
        "folder": str(run.folder),
        "began_from": run.began_from(),
        "recipe": read_text(run.recipe, "a run's recipe", LARGEST_RECIPE),
        "dataset": _pictures_of(run),
        "reals": embed(run.reals),
        "sheets": [(int(sheets[i].stem), shown) for i in chosen if (shown := embed(sheets[i]))],
        "last": stats[-1] if stats else None,
        "best": best,
        "loss_curves": curves(columns(stats, "d_loss", "g_loss")),
        "belief_curves": curves(columns(stats, "d_real", "d_fake")),
        "life_curves": curves(columns(stats, "win_rate", "variety")),
        "kid_curves": by_judge(metrics),
        "alarms": run.said_alarms(),
        "nearest": embed(nearest[-1], 900) if (nearest := run.nearest_sheets()) else None,
    }


def _pictures_of(run: Run) -> TrainingSetRecord:
    learnt = read_learnt(run.dataset)
    if None in (learnt.name, learnt.count, learnt.width, learnt.height):
        raise ImpastoError(f"{run.dataset} does not say what pictures the run learns from.")
    return learnt


def by_judge(metrics: Sequence[Row]) -> Markup:
    """KID against images shown, one chart per judge, as their numbers cannot be compared."""
    judges = dict.fromkeys(judge_name(row) or "KID" for row in metrics)
    frames = []
    for judge in judges:
        (points,) = columns(
            [row for row in metrics if (judge_name(row) or "KID") == judge], "kid"
        ).values()
        frames.append(curves({judge: points}))
    return Markup().join(frames)


def columns(rows: Sequence[Row], *names: str) -> dict[str, tuple[list[float], list[float]]]:
    """Curves of some numbers against the images shown; rows that lack one are skipped."""
    found = {name: [row for row in rows if name in row] for name in names}
    return {
        name: ([row["images"] for row in having], [row[name] for row in having])
        for name, having in found.items()
    }


def embed(sheet: Path, side: int = 560) -> str | None:
    """A sheet as a data address, no larger than the page shows it; None if damaged or missing."""
    try:
        with open_file(sheet, "a sheet", LARGEST_SHEET) as file, Image.open(file) as picture:
            picture.thumbnail((side, side), Image.Resampling.BICUBIC)
            return data_uri(np.asarray(picture.convert("RGB")))
    except UNREADABLE:
        return None
