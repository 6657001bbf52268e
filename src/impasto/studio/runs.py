"""A training as its page shows it: read from the run's folder alone, while it is written."""

import math
from contextlib import suppress
from typing import Any

from impasto.core.runs import Run, read_lines
from impasto.errors import ImpastoError
from impasto.reading import read_text
from impasto.studio.workspace import Item

MOST_POINTS = 400
"""Of a curve: more than a screen shows."""

CURVES = ("d_loss", "g_loss", "variety", "win_rate")


def story(item: Item) -> dict[str, Any]:
    """Sheets, curves, verdict and alarms of a run.

    Raises:
        ImpastoError: a file of the run holds what no run writes.
    """
    run = Run(item.path)
    stats, judged = run.statistics(), run.judgements()
    thinned = stats[:: math.ceil(len(stats) / MOST_POINTS) or 1]
    names = [name for name in CURVES if any(name in row for row in thinned)]
    return {
        "sheets": [int(sheet.stem) for sheet in run.samples()],
        "nearest": [int(sheet.stem) for sheet in run.nearest_sheets()],
        "reals": run.reals.is_file(),
        "images": [row["images"] for row in thinned],
        "minutes": stats[-1]["minutes"] if stats else 0,
        "curves": {name: [_number(row.get(name)) for row in thinned] for name in names},
        "kid": {
            "images": [row["images"] for row in judged],
            "kid": [_number(row["kid"]) for row in judged],
        },
        "verdict": verdict(run),
        "alarms": [row["words"] for row in read_lines(run.alarms) if row.get("words")],
        "playable": (run.best / "generator.safetensors").is_file(),
    }


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def verdict(run: Run) -> str:
    """What the last judgement said, in the run's own words."""
    if not run.log.is_file():
        return ""
    with suppress(ImpastoError):
        lines = read_text(run.log, "a run's log", 2**26).splitlines()
        for line in reversed(lines[-2_000:]):
            when, images, words = line.partition(" images: ")
            if images and "(KID " in words and when[:2] == "20":
                return words
    return ""
