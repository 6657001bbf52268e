"""A gallery on disk: one file a picture, or one sheet."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import tee
from pathlib import Path

import numpy as np

from impasto.core.console import track
from impasto.core.images import grid, save
from impasto.errors import ImpastoError
from impasto.generate.conditions import paint, seeded
from impasto.generate.latents import Latent, save_latents, save_picture
from impasto.generate.sampler import BATCH, Painter

MOST_ON_A_SHEET = 4_096
MOST_SEEDS = 1_000_000
_LARGEST_SEED = 2**63 - 1


def parse_seeds(text: str) -> list[int]:
    """`1,5,9-12` → [1, 5, 9, 10, 11, 12], in the order given.

    Raises:
        ImpastoError: not numbers and ranges, or more than a million.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ImpastoError(f"--seeds {text}: write numbers and ranges, like 0-63 or 1,5,9-12.")
        low, high = int(first), int(last) if dash else int(first)
        if low > high or high > _LARGEST_SEED or high - low >= MOST_SEEDS - len(seeds):
            raise ImpastoError(
                f"--seeds {part.strip()}: ranges go upwards, below 2^63, and to at most "
                f"{MOST_SEEDS:,} pictures."
            )
        seeds.extend(range(low, high + 1))
    return seeds


def paint_gallery(
    painter: Painter, seeds: Sequence[int], out: Path, as_grid: bool = False
) -> list[Path]:
    """Paint these seeds into `out`.

    Returns:
        The files: `seed-000042.png` each, or one sheet.

    Raises:
        ImpastoError: too many for one sheet.
    """
    latents = (seeded(painter, seed) for seed in seeds)
    if not as_grid:
        return paint_files(painter, latents, len(seeds), out)
    sheet = out / f"sheet-{seeds[0]}-{seeds[-1]}-of-{len(seeds)}.png"
    return [paint_sheet(painter, latents, len(seeds), sheet)]


def paint_files(painter: Painter, latents: Iterable[Latent], count: int, out: Path) -> list[Path]:
    """Paint one PNG a latent, each with its latent inside and, as JSON, beside it.

    Only a few are in memory at once, so `latents` may come from a generator of a million.
    """
    coming, again = tee(_apart(latents))
    pictures = (picture for part in paint(painter, coming) for picture in part)
    files = []
    for picture, latent in track(zip(pictures, again, strict=True), "painting", count, "pictures"):
        files.append(out / f"{latent.name}.png")
        save_picture(picture, files[-1], latent, painter.about())
    return files


def _apart(latents: Iterable[Latent]) -> Iterator[Latent]:
    """The same, renamed where one of that name came before: no file is painted over."""
    seen: set[str] = set()
    for latent in latents:
        name, number = latent.name, 1
        while name in seen:
            number += 1
            name = f"{latent.name[:90]}-{number}"
        seen.add(name)
        yield replace(latent, name=name) if name != latent.name else latent


def paint_sheet(
    painter: Painter,
    latents: Iterable[Latent],
    count: int,
    path: Path,
    columns: int | None = None,
) -> Path:
    """Paint one sheet, in memory whole, and its latents as JSON beside it.

    Raises:
        ImpastoError: too many for one sheet.
    """
    if count > MOST_ON_A_SHEET:
        raise ImpastoError(f"--grid: a sheet holds at most {MOST_ON_A_SHEET:,} pictures.")
    shown = list(latents)
    parts = track(paint(painter, shown), "painting", total=-(-count // BATCH))
    save(grid(np.concatenate(list(parts)), columns), path)
    save_latents(path.with_suffix(".json"), shown, painter.about())
    return path
