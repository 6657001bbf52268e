"""A training as its page shows it: read from the run's folder alone, while it is written."""

import math
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from impasto.core.runs import Run
from impasto.errors import ImpastoError
from impasto.reading import read_text
from impasto.studio.jobs import Job
from impasto.studio.workspace import Item

MOST_POINTS = 400
"""Of a curve: more than a screen shows."""

CURVES = ("d_loss", "g_loss", "variety", "win_rate")


def story(item: Item) -> dict[str, object]:
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
        "alarms": [_alarm(words) for words in run.said_alarms() if words],
        "playable": (run.best / "generator.safetensors").is_file(),
    }


def _alarm(words: str) -> dict[str, object]:
    """What the guard said, and the settings that its words name as the way out."""
    return {"words": words, "settings": _SETTING.findall(words)[:10]}


_SETTING = re.compile(r"\b[a-z_]+\.[a-z0-9_]+=(?:\[[a-z,]*\]|[a-z0-9_]+(?:\.\d+)?)")
"""`loss.r1=1` and `augment.policy=[colour,cutout]`, as they stand in a sentence."""


def room(item: Item, job: Job | None) -> dict[str, int | None]:
    """Bytes that a training takes on the disk and in memory, and those that the disk has left."""
    sizes = []
    for path in item.path.rglob("*"):
        with suppress(OSError):  # it was replaced meanwhile
            sizes.append(path.lstat().st_size)
    free = shutil.disk_usage(item.path).free
    process = job.process() if job else None
    return {"disk": sum(sizes), "free": free, "memory": memory_of(process) if process else None}


def memory_of(process: int) -> int | None:
    """Bytes of memory that a process holds; None where the system does not say."""
    with suppress(OSError, ValueError, IndexError, KeyError):
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
        rows = dict(line.partition(":")[::2] for line in lines.splitlines())
        return int(rows["VmRSS"].split()[0]) * 1024
    return None


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
