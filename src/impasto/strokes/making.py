"""Strokes of random actions drawn into shards, by all cores, and gone on with where it stopped."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impasto.brush import engine, mypaint
from impasto.brush.actions import geometry_of, random_actions
from impasto.brush.settings import settings_of
from impasto.core.console import progress_bar
from impasto.core.files import read_json, write_json
from impasto.core.parallel import map_in_order
from impasto.errors import ImpastoError
from impasto.strokes.shards import ABOUT, FORMAT, SIDE, VERSION, compose, length_of, write_shard

EngineName = Literal["impasto", "mypaint"]

PER_SHARD = 10_000
"""Strokes in a shard that is made here; the public ones hold 100,000."""

TOGETHER = 250
"""Strokes that one process draws at a time."""


def make_shards(
    count: int, engine_name: EngineName, brush: str, out: Path, seed: int = 0
) -> list[Path]:
    """Draw strokes of random actions into shards; what is there already is not made again.

    A shard of an earlier call that holds more than is asked for stays as it is.

    Args:
        count: how many strokes.
        engine_name: what draws them.
        brush: a name of `settings.BRUSHES`.
        out: the folder.
        seed: of the actions. A shard depends on it, its number and its length alone.

    Returns:
        Shards with at least so many strokes, those of an earlier call among them.

    Raises:
        ImpastoError: the folder holds other strokes, or the engine is not to be had.
    """
    settings = settings_of(brush)
    if engine_name == "mypaint":
        mypaint.check(settings)
    about = {"format": FORMAT, "version": VERSION}
    about |= {"engine": engine_name, "brush": brush, "seed": seed}
    _agree(out / ABOUT, about)
    sizes = [min(PER_SHARD, count - first) for first in range(0, count, PER_SHARD)]
    paths = [out / f"episodes_{number}.npz" for number in range(len(sizes))]
    with progress_bar(unit="strokes") as progress:
        task = progress.add_task(f"Drawing with {engine_name}", total=count)
        for number, (path, size) in enumerate(zip(paths, sizes, strict=True)):
            if not _is_whole(path, size):
                random = np.random.default_rng((seed, number))
                actions = random_actions(size, random)
                strokes = np.empty((size, SIDE, SIDE, 3), np.uint8)
                done = 0
                for alphas in _draw_parallel(actions, engine_name, brush):
                    here = slice(done, done + len(alphas))
                    strokes[here] = compose(actions[here], alphas)
                    done += len(alphas)
                    progress.advance(task, len(alphas))
                write_shard(path, actions, strokes)
            else:
                progress.advance(task, size)
    return paths


def _draw_parallel(
    actions: NDArray[np.float32], engine_name: EngineName, brush: str
) -> Iterator[NDArray[np.uint8]]:
    """Opacities, in order; the processes that draw import no torch."""
    geometry = geometry_of(actions)
    parts = [geometry[first : first + TOGETHER] for first in range(0, len(geometry), TOGETHER)]
    if engine_name == "mypaint":
        yield from map_in_order(
            partial(mypaint.draw, settings=settings_of(brush)), parts, len(actions)
        )
    else:
        yield from map_in_order(partial(engine.draw, brush=brush), parts, len(actions))


def _agree(path: Path, about: dict[str, object]) -> None:
    """Write what the folder holds, or refuse to mix it with something else."""
    if path.exists():
        there = read_json(path, "a description of strokes", limit=2**20)
        for key, value in about.items():
            if not isinstance(there, dict) or there.get(key) != value:
                other = there.get(key) if isinstance(there, dict) else None
                raise ImpastoError(
                    f"{path.parent} holds strokes with {key} = {other}, not {value}; choose "
                    "another --out."
                )
    else:
        write_json(path, about)


def _is_whole(path: Path, size: int) -> bool:
    try:
        return path.exists() and length_of(path) >= size
    except ImpastoError:
        return False
