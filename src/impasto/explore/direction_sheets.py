"""Directions as one sees them: a strip each, with the strength as its axis."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from impasto.core.console import track
from impasto.core.images import save
from impasto.generate.conditions import paint
from impasto.generate.directions import Direction, moved
from impasto.generate.latents import Latent
from impasto.generate.sampler import LoadedGenerator
from impasto.generate.strips import labelled

STRENGTHS = (-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0)
"""In standard deviations of latents along a direction: 2 is unusual, 4 hardly ever trained on."""

_TITLE = "Strength, in standard deviations"


def draw_strips(
    generator: LoadedGenerator,
    directions: Sequence[Direction],
    latents: Sequence[Latent],
    folder: Path,
) -> list[Path]:
    """One strip a direction (a row a picture), and one sheet with all directions on one picture.

    Returns:
        The sheet's path first, then the strips' in the order of the directions.
    """
    files, overview = [], []
    for direction in track(directions, "painting strips", len(directions)):
        places = [moved(latent, direction, s) for latent in latents for s in STRENGTHS]
        pictures = np.concatenate(list(paint(generator, places)))
        table = pictures.reshape(len(latents), len(STRENGTHS), *pictures.shape[1:])
        overview.append(table[0])
        title = f"{_words(direction).replace(chr(10), ' · ')} · {_TITLE}"
        path = folder / f"{direction.source}.png"  # names change, and would leave files behind
        save(labelled(table, [z.name for z in latents], _axis(), title), path)
        files.append(path)
    rows = [_words(direction) for direction in directions]
    title = f"{latents[0].name} · {_TITLE}"
    sheet = folder / "directions.png"
    save(labelled(np.stack(overview), rows, _axis(), title), sheet)
    return [sheet, *files]


def _axis() -> list[str]:
    return [f"{strength:+g}" if strength else "0" for strength in STRENGTHS]


def _words(direction: Direction) -> str:
    named = direction.name != direction.source
    return f"{direction.name}{f' ({direction.source})' if named else ''}\n{direction.share:.1%}"
