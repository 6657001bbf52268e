"""A gallery on disk: one file a seed, or one sheet."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from impasto.core.console import track
from impasto.core.images import grid, save
from impasto.errors import ImpastoError
from impasto.generate.sampler import BATCH, Painter, latents_of, sample

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
    """Paint these seeds into `out`, a few at a time; a sheet is held in memory whole.

    Returns:
        The files: `seed-000042.png` each, or one sheet.

    Raises:
        ImpastoError: too many for one sheet.
    """
    if as_grid and len(seeds) > MOST_ON_A_SHEET:
        raise ImpastoError(f"--grid: a sheet holds at most {MOST_ON_A_SHEET:,} pictures.")
    device = torch.device("cpu")
    parts = [seeds[at : at + BATCH] for at in range(0, len(seeds), BATCH)]
    files, sheet = [], []
    for part in track(parts, "painting", total=len(parts)):
        pictures = sample(painter.network, latents_of(part, painter.latent), device)
        if as_grid:
            sheet.append(pictures)
            continue
        for seed, picture in zip(part, pictures, strict=True):
            files.append(out / f"seed-{seed:06}.png")
            save(picture, files[-1])
    if as_grid:
        files = [out / f"sheet-{seeds[0]}-{seeds[-1]}-of-{len(seeds)}.png"]
        save(grid(np.concatenate(sheet)), files[0])
    return files
