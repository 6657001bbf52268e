"""Sheets of strokes, to look at."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from impasto.brush import engine, mypaint
from impasto.brush.actions import geometry_of, random_actions
from impasto.brush.brushes import load_brush
from impasto.brush.settings import BRUSHES, SETTINGS
from impasto.core.console import counted
from impasto.core.images import Picture, grid
from impasto.errors import ImpastoError
from impasto.strokes.shards import ABOUT, compose, read_shard, shards_in
from impasto.strokes.stroke_set import open_set


def sheet(rows: Sequence[NDArray[np.uint8]], gap: int = 2) -> Picture:
    """Rows of pictures, each (N, H, W, 3), under each other."""
    return grid(np.concatenate(list(rows)), len(rows[0]), gap)


def sheet_of(target: str, count: int = 64, seed: int = 0) -> tuple[Picture, str]:
    """A sheet of strokes, and what it shows.

    Args:
        target: a brush's name, a shard, or a folder of shards or with an imported set.
        count: how many strokes.
        seed: which strokes, of a brush.

    Raises:
        ImpastoError: it is none of these.
    """
    path = Path(target)
    if target in BRUSHES:
        return _of_brush(target, min(count, 16), seed)
    if path.is_file():
        actions, strokes = next(read_shard(path, rows=count))
        return grid(np.asarray(strokes)), f"{counted(len(actions), 'stroke')}, the first of {path}"
    if (path / ABOUT).exists() and (path / "alphas.bin").exists():
        found = open_set(path)
        some = slice(0, count)
        strokes = compose(found.actions[some], found.alphas[some])
        return grid(strokes), f"the first {len(strokes)} of {counted(len(found.actions), 'stroke')}"
    if path.is_dir():
        return sheet_of(str(shards_in(path)[0]), count)
    raise ImpastoError(
        f"{target} is neither a brush ({', '.join(BRUSHES)}) nor a file or folder of strokes."
    )


def _of_brush(name: str, count: int, seed: int) -> tuple[Picture, str]:
    """The same strokes by libmypaint where it is here, by the engine, by the network."""
    actions = random_actions(count, np.random.default_rng(seed))
    geometry = geometry_of(actions)
    rows, names = [engine.draw(geometry, name)], ["the engine"]
    if mypaint.is_here() and not SETTINGS[name].bristles:
        rows.insert(0, mypaint.draw(geometry, SETTINGS[name]))
        names.insert(0, "libmypaint")
    with torch.inference_mode():
        alphas = load_brush(name).network(torch.from_numpy(geometry))[:, 0]
    rows.append((alphas * 255).round().to(torch.uint8).numpy())
    names.append("the network")
    black = [np.repeat(255 - row[..., None], 3, 3) for row in rows]
    return sheet(black), f"{name}, row by row: {', '.join(names)}"
