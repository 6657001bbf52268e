"""Stroke data: the public files' own format, made, read safely, and unpacked for training.

A shard is `episodes_K.npz` with `actions`, float (N, 12), and `strokes`, uint8 (N, 64, 64, 3): each
action's stroke on white paper. That is the format of MyPaintBrushstrokes, so its files are used
as they are. For training, shards are unpacked once into two arrays that are read from disk batch
by batch; of a stroke, only its opacity is kept, since its colour is exactly known.
"""

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, Literal

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from impasto.core.console import progress_bar
from impasto.core.files import atomic_writer, read_json, write_json
from impasto.data.parallel import map_in_order
from impasto.errors import ImpastoError
from impasto.paint import engine, mypaint
from impasto.paint.actions import colours_of, geometry_of, random_actions
from impasto.paint.brushes import settings_of

EngineName = Literal["impasto", "mypaint"]

SIDE = 64
PER_SHARD = 10_000
"""Strokes in a shard that is made here; the public ones hold 100,000."""

TOGETHER = 250
"""Strokes that one process draws at a time."""

MOST = 5_000_000
"""Strokes that a set may hold: a file from a stranger does not fill the disk."""

ABOUT = "strokes.json"
FORMAT, VERSION = "impasto-stroke-data", 1
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, KeyError, OSError),
    *(RuntimeError, ValueError),  # encrypted, or packed in an unknown way; no array
    *(TokenError, SyntaxError),  # an array's header, which NumPy reads as a Python literal
)
"""What `zipfile` and NumPy raise where an archive is damaged, or made to do harm."""

PALE = 0.15
"""A colour whose darkest channel is nearer to white than this tells nothing of its opacity."""


@dataclass(frozen=True)
class StrokeSet:
    """An unpacked set: rows of actions and of opacities, memory-mapped."""

    folder: Path
    actions: NDArray[np.float32]
    """(N, 12), in [0, 1]."""

    alphas: NDArray[np.uint8]
    """(N, 64, 64), opacity."""

    about: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        """Tells one set from another."""
        return str(self.about["fingerprint"])


def make_shards(
    count: int, engine_name: EngineName, brush: str, out: Path, seed: int = 0
) -> list[Path]:
    """Draw strokes of random actions into shards; what is there already is not made again.

    Args:
        count: how many strokes.
        engine_name: what draws them.
        brush: a name of `brushes.BRUSHES`.
        out: the folder.
        seed: of the actions. A shard depends on it, its number and its length alone.

    Returns:
        All shards, those of an earlier call among them.

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
                _write_shard(path, actions, strokes)
            else:
                progress.advance(task, size)
    return paths


def compose(actions: NDArray[np.floating], alphas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Strokes in their colours on white paper: (N, 12), (N, H, W) → (N, H, W, 3), uint8."""
    ink = 1 - colours_of(actions)[:, None, None, :]  # what the colour takes from white
    taken = (alphas[..., None] * ink).astype(np.float32)
    return np.rint(255 - taken).astype(np.uint8)


def recover(
    actions: NDArray[np.floating], strokes: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The opacity that put each colour on white paper: the inverse of `compose`.

    Args:
        actions: (N, 12).
        strokes: (N, H, W, 3), uint8.

    Returns:
        (N, H, W), uint8, by least squares over the channels; and (N,), whether the colour is far
        enough from white for the opacity to be known.
    """
    ink = 1 - colours_of(actions)
    weights = ink / np.maximum((ink**2).sum(1, keepdims=True), 1e-6)
    taken = 255 - strokes.astype(np.float32)
    alphas = np.einsum("nhwc,nc->nhw", taken, weights.astype(np.float32))
    return np.rint(alphas.clip(0, 255)).astype(np.uint8), ink.max(1) > PALE


def shards_in(folder: Path) -> list[Path]:
    """The shards in a folder, by number.

    Raises:
        ImpastoError: there is no such folder, or it holds none.
    """
    if not folder.is_dir():
        raise ImpastoError(f"{folder} is not a folder; give one with episodes_*.npz in it.")
    numbered = [
        (re.fullmatch(r"episodes_(\d+)\.npz", path.name), path) for path in folder.iterdir()
    ]
    found = sorted((int(match[1]), path) for match, path in numbered if match)
    if not found:
        raise ImpastoError(
            f"{folder} holds no episodes_*.npz; `impasto strokes make --out {folder}` makes some."
        )
    return [path for _, path in found]


def read_shard(path: Path, rows: int = 1000) -> Iterator[tuple[NDArray[Any], NDArray[np.uint8]]]:
    """Read a shard that may come from a stranger, a few rows at a time.

    Nothing is unpickled, shapes and kinds are checked before a pixel is read, and no more than
    `rows` strokes are in memory.

    Yields:
        Actions (≤ rows, 12), float32 in [0, 1], and strokes (≤ rows, 64, 64, 3), uint8.

    Raises:
        ImpastoError: the file is not a shard.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            with archive.open("actions.npy") as file:
                count, width, kind = _header(file, path, (12,))
                if kind.kind != "f":
                    raise _not_a_shard(path, "its actions are not floats")
                actions = np.frombuffer(_exactly(file, count * width * kind.itemsize), kind)
            actions = actions.reshape(count, 12).astype(np.float32)
            if not (np.isfinite(actions).all() and actions.min() >= 0 and actions.max() <= 1):
                raise _not_a_shard(path, "its actions leave [0, 1]")
            with archive.open("strokes.npy") as file:
                pictures, width, kind = _header(file, path, (SIDE, SIDE, 3))
                if kind != np.uint8 or pictures != count:
                    raise _not_a_shard(path, "its strokes are not one uint8 picture an action")
                for first in range(0, count, rows):
                    some = actions[first : first + rows]
                    block = np.frombuffer(_exactly(file, len(some) * width), np.uint8)
                    yield some, block.reshape(len(some), SIDE, SIDE, 3)
    except BROKEN as error:
        raise _not_a_shard(path, "it cannot be read") from error


def import_shards(folder: Path, out: Path) -> StrokeSet:
    """Unpack the shards of a folder into a set for training; one that is there is only opened.

    Strokes too pale to show their opacity are left out.

    Raises:
        ImpastoError: a shard is broken, or there are too many strokes.
    """
    shards = shards_in(folder)
    fingerprint = _fingerprint(shards)
    if (out / ABOUT).exists():
        unpacked = _described(out)  # refuses to write over what is no set
        if unpacked["fingerprint"] == fingerprint:
            with suppress(ImpastoError):  # one that is not complete is made again
                return open_set(out)
    counts = [_length_of(path) for path in shards]
    total = sum(counts)
    if total > MOST:
        raise ImpastoError(f"{folder} holds {total:,} strokes; at most {MOST:,} can be imported.")
    kept = 0
    made = (
        read_json(folder / ABOUT, "a description of strokes") if (folder / ABOUT).exists() else {}
    )
    with (
        atomic_writer(out / "actions.bin") as actions_file,
        atomic_writer(out / "alphas.bin") as alphas_file,
        progress_bar(unit="strokes") as progress,
    ):
        task = progress.add_task("Importing", total=total)
        for path in shards:
            for actions, strokes in read_shard(path):
                alphas, known = recover(actions, strokes)
                actions_file.write(np.ascontiguousarray(actions[known], "<f4").tobytes())
                alphas_file.write(alphas[known].tobytes())
                kept += int(known.sum())
                progress.advance(task, len(actions))
    if not kept:
        raise ImpastoError(f"{folder} holds no stroke that is dark enough to learn from.")
    origin = {
        key: made[key]
        for key in ("engine", "brush", "seed")
        if isinstance(made, dict) and key in made
    }
    about = {"format": FORMAT, "version": VERSION, "count": kept, "left_out": total - kept}
    write_json(out / ABOUT, about | origin | {"fingerprint": fingerprint})
    return open_set(out)


def open_set(folder: Path) -> StrokeSet:
    """Open an unpacked set.

    Raises:
        ImpastoError: the folder holds none, or a broken one.
    """
    about = _described(folder)
    count = about["count"]
    files = {"actions.bin": 48 * count, "alphas.bin": SIDE * SIDE * count}
    for name, size in files.items():
        if not (folder / name).is_file() or (folder / name).stat().st_size != size:
            raise ImpastoError(f"{folder / name} is not complete; import the strokes again.")
    actions = np.memmap(folder / "actions.bin", "<f4", "r", shape=(count, 12))
    alphas = np.memmap(folder / "alphas.bin", np.uint8, "r", shape=(count, SIDE, SIDE))
    return StrokeSet(folder, actions, alphas, about)


def _described(folder: Path) -> dict[str, Any]:
    """What an unpacked set says of itself; its `count` and `fingerprint` are there.

    Raises:
        ImpastoError: the folder holds none.
    """
    about = read_json(folder / ABOUT, "a description of strokes", limit=2**20)
    count = about.get("count") if isinstance(about, dict) else None
    if not isinstance(count, int) or not 0 < count <= MOST or "fingerprint" not in about:
        raise ImpastoError(
            f"{folder} is not an imported set; make one with `impasto strokes import`."
        )
    return dict(about)


def open_training_set(folder: Path) -> StrokeSet:
    """A set to train on: an imported one, or shards, which are imported beside themselves first.

    Raises:
        ImpastoError: the folder holds neither.
    """
    if (folder / "alphas.bin").exists():
        return open_set(folder)
    return import_shards(folder, folder / "imported")


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


def _agree(path: Path, about: dict[str, Any]) -> None:
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


def _write_shard(path: Path, actions: NDArray[np.float32], strokes: NDArray[np.uint8]) -> None:
    with atomic_writer(path) as file:
        np.savez_compressed(file, actions=actions.astype(np.float64), strokes=strokes)


def _is_whole(path: Path, size: int) -> bool:
    try:
        return path.exists() and _length_of(path) == size
    except ImpastoError:
        return False


def _length_of(path: Path) -> int:
    """How many strokes a shard says it holds.

    Raises:
        ImpastoError: it is not a shard.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open("actions.npy") as file:
            return _header(file, path, (12,))[0]
    except BROKEN as error:
        raise _not_a_shard(path, "it cannot be read") from error


def _header(file: IO[bytes], path: Path, shape: tuple[int, ...]) -> tuple[int, int, np.dtype[Any]]:
    """Read an array's header: its rows, numbers in a row, and kind of number."""
    version = npy.read_magic(file)
    reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    found, fortran, kind = reader(file)
    if len(found) != len(shape) + 1 or tuple(found[1:]) != shape or fortran or kind.hasobject:
        raise _not_a_shard(
            path, f"an array has the shape {found}, not (N, {', '.join(map(str, shape))})"
        )
    if not 0 < found[0] <= MOST:
        raise _not_a_shard(path, f"it says that it holds {found[0]} strokes")
    return int(found[0]), int(np.prod(shape)), kind


def _exactly(file: IO[bytes], size: int) -> bytes:
    content = file.read(size)
    if len(content) != size:
        raise EOFError
    return content


def _not_a_shard(path: Path, reason: str) -> ImpastoError:
    return ImpastoError(f"{path} is not a shard of strokes: {reason}.")


def _fingerprint(shards: list[Path]) -> str:
    """Of the shards' names, sizes and checksums, as their archives list them."""
    found = sha256()
    for path in shards:
        try:
            with zipfile.ZipFile(path) as archive:
                parts = [
                    f"{item.filename} {item.CRC} {item.file_size}" for item in archive.infolist()
                ]
        except BROKEN as error:
            raise _not_a_shard(path, "it cannot be read") from error
        found.update(" ".join([path.name, *parts]).encode())
    return found.hexdigest()
