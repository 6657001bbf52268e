"""The truncation sheet: what is gained and what is lost, seen side by side."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from impasto.core.console import track
from impasto.core.images import save
from impasto.errors import ImpastoError
from impasto.generate.conditions import paint, resampled
from impasto.generate.latents import Latent
from impasto.generate.sampler import LoadedGenerator
from impasto.generate.strips import labelled

STRENGTHS = {
    "shrink": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4),
    "resample": (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0),
}
"""The columns of a sheet: factors, or thresholds in standard deviations."""

MOST_ROWS = 64


def truncation_sheet(
    generator: LoadedGenerator,
    latents: Sequence[Latent],
    path: Path,
    by: Literal["shrink", "resample"],
) -> Path:
    """Paint each picture at several truncations: a row a picture, a column a truncation.

    Raises:
        ImpastoError: more pictures than a sheet has rows, or one without a seed to draw again.
    """
    if len(latents) > MOST_ROWS:
        raise ImpastoError(f"--truncation-sheet: at most {MOST_ROWS} pictures; lower --count.")
    strengths, rows = STRENGTHS[by], []
    for latent in track(latents, "painting", len(latents)):
        places = [_at(latent, strength, by) for strength in strengths]
        rows.append(np.concatenate(list(paint(generator, places))))
    columns = [f"{strength:g}" for strength in strengths]
    title = {
        "shrink": "Truncation: how far from the middle (1: as trained)",
        "resample": "Truncation: numbers beyond ± this drawn again",
    }[by]
    sheet = labelled(np.stack(rows), [latent.name for latent in latents], columns, title)
    save(sheet, path)
    return path


def _at(latent: Latent, strength: float, by: str) -> Latent:
    if by == "shrink":
        return replace(latent, truncation=strength)
    assert latent.seed is not None  # `request.check` refuses --latents here
    return replace(latent, values=resampled(latent.seed, len(latent.values), strength))
