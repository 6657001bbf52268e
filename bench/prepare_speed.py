"""Time `impasto prepare` against one pass of Pillow decoding over all cores.

    python bench/prepare_speed.py FOLDER [--large COUNT] [--rounds N] [--commands ROUNDS]

With `--large`, FOLDER's first COUNT pictures are first enlarged to a museum's 2,400 pixels on
the short side. With `--commands`, whole commands in turn as users start them, each in a process
of its own. All files are decoded once before anything is timed, so that every side reads them from
memory; the sides then take turns, and the medians follow. Prints wall and processor seconds, since
a busy machine stretches the former.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image

from impasto.cli.prepare import feature_network
from impasto.core.images import FILTER
from impasto.core.parallel import map_in_order
from impasto.data.files import list_files
from impasto.prepare.pipeline import prepare

Work = Callable[[int], object]
"""What is timed, given the number of the round."""


def decode(path: Path) -> int:
    with Image.open(path) as image:
        image.load()
        return image.width


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, before = time.perf_counter(), os.times()
    work()
    wall, after = time.perf_counter() - wall, os.times()
    return wall, sum(after[:4]) - sum(before[:4])


def tell(name: str, count: int, wall: float, busy: float) -> None:
    each = 1000 * busy / count
    print(f"{name:<42}{wall:7.1f} s wall {busy:7.1f} s busy {each:7.1f} ms each", flush=True)


def in_turn(works: dict[str, Work], count: int, rounds: int) -> None:
    """Each side once in every round; then the medians."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number in range(rounds):
        for name, work in works.items():
            found[name].append(timed(partial(work, number)))
            tell(name, count, *found[name][-1])
    for name, times in found.items():
        walls, busy = zip(*times, strict=True)
        tell(f"{name}, median", count, statistics.median(walls), statistics.median(busy))


def commands(folder: Path, place: Path) -> dict[str, Work]:
    """This file's decoding and `impasto prepare`."""

    def start(*command: str) -> None:
        silent = subprocess.DEVNULL
        subprocess.run([sys.executable, *command], check=True, stdout=silent, stderr=silent)

    prepare_it = ("-m", "impasto", "prepare", str(folder), "--size", "64", "--out")
    return {
        "command: decode, Pillow": lambda _: start(__file__, str(folder), "--decode"),
        "command: impasto prepare": lambda n: start(*prepare_it, str(place / f"command-{n}")),
    }


def calls(folder: Path, place: Path) -> dict[str, Work]:
    """Decoding and preparing in this process, which has loaded the network."""

    def make(out: str, network: bool) -> None:
        prepare(folder, place / out, size=128, look=feature_network() if network else None)

    return {
        "decode, Pillow, all cores": lambda _: decode_all(folder),
        "prepare --no-features": lambda number: make(f"plain-{number}", False),
        "prepare": lambda number: make(f"full-{number}", True),
        "prepare again": lambda number: make(f"full-{number}", True),
    }


def decode_all(folder: Path) -> int:
    """Decode every file; returns how many there are."""
    paths = [folder / file for file in list_files(folder)[0]]
    return len(list(map_in_order(decode, paths, len(paths))))


def enlarge(folder: Path, most: int, out: Path) -> Path:
    """A folder of the first pictures, enlarged."""
    out.mkdir()
    for number, file in enumerate(list_files(folder)[0][:most]):
        image = Image.open(folder / file).convert("RGB")
        scale = 2400 / min(image.size)
        image = image.resize((round(image.width * scale), round(image.height * scale)), FILTER)
        image.save(out / f"{number}.jpg", quality=90)
    return out


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--large", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--commands", type=int, default=0, metavar="ROUNDS")
    parser.add_argument("--decode", action="store_true", help="decode, and nothing else")
    arguments = parser.parse_args()
    if arguments.decode:
        decode_all(arguments.folder)
        return
    with tempfile.TemporaryDirectory(prefix="impasto-speed-") as made:
        place, folder = Path(made), arguments.folder
        if arguments.large:
            folder = enlarge(folder, arguments.large, place / "large")
        count = decode_all(folder)  # not timed: from now on the files are in memory
        print(count, "files", flush=True)
        if arguments.commands:
            in_turn(commands(folder, place), count, arguments.commands)
            return
        sides = calls(folder, place)
        first = timed(partial(sides["prepare"], -1))
        tell("prepare, loading the network, once", count, *first)
        in_turn(sides, count, arguments.rounds)


if __name__ == "__main__":
    main()
