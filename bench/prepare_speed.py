"""Time `impasto prepare` against one pass of Pillow decoding over all cores.

    python bench/prepare_speed.py FOLDER [--large COUNT] [--commands ROUNDS]

With `--large`, FOLDER's first COUNT pictures are first enlarged to a museum's 2,400 pixels on
the short side. With `--commands`, whole commands in turn as users start them, each in a process
of its own. Prints wall and processor seconds, since a busy machine stretches the former.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image

from impasto.cli.prepare import feature_network
from impasto.core.images import FILTER
from impasto.core.parallel import map_in_order
from impasto.data.files import list_files
from impasto.prepare.pipeline import prepare


def decode(path: Path) -> int:
    with Image.open(path) as image:
        image.load()
        return image.width


def timed(name: str, count: int, work: Callable[[], object]) -> None:
    wall, before = time.perf_counter(), os.times()
    work()
    wall, after = time.perf_counter() - wall, os.times()
    busy = sum(after[:4]) - sum(before[:4])
    print(f"{name:<34}{wall:7.1f} s wall {busy:7.1f} s busy {1000 * busy / count:7.1f} ms each")


def commands(folder: Path, place: Path, rounds: int) -> None:
    """This file's decoding and `impasto prepare`, in turn."""
    count = len(list_files(folder)[0])
    for number in range(rounds):
        for name, command in {
            "command: decode, Pillow": [__file__, str(folder), "--decode"],
            "command: impasto prepare": [
                *("-m", "impasto", "prepare", str(folder)),
                *("--size", "64", "--out", str(place / f"command-{number}")),
            ],
        }.items():
            run = partial(subprocess.run, [sys.executable, *command], check=True)
            timed(name, count, partial(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--large", type=int, default=0)
    parser.add_argument("--commands", type=int, default=0, metavar="ROUNDS")
    parser.add_argument("--decode", action="store_true", help="decode, and nothing else")
    arguments = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="impasto-speed-"))
    folder = arguments.folder
    if arguments.large:
        files = list_files(folder)[0][: arguments.large]
        folder = place / "large"
        folder.mkdir()
        for number, file in enumerate(files):
            image = Image.open(arguments.folder / file).convert("RGB")
            scale = 2400 / min(image.size)
            image = image.resize((round(image.width * scale), round(image.height * scale)), FILTER)
            image.save(folder / f"{number}.jpg", quality=90)
    paths = [folder / file for file in list_files(folder)[0]]
    count = len(paths)
    if arguments.decode:
        list(map_in_order(decode, paths, count))
        return
    print(count, "files", flush=True)
    if arguments.commands:
        commands(folder, place, arguments.commands)
        shutil.rmtree(place)
        return
    timed("decode, Pillow, all cores", count, lambda: list(map_in_order(decode, paths, count)))

    def make(out: str, network: bool) -> None:
        prepare(folder, place / out, size=128, look=feature_network() if network else None)

    timed("prepare --no-features", count, lambda: make("plain", False))
    timed("prepare, loading the network", count, lambda: make("first", True))
    timed("prepare", count, lambda: make("full", True))
    timed("prepare again", count, lambda: make("full", True))
    shutil.rmtree(place)


if __name__ == "__main__":
    main()
