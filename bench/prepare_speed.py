"""Time `impasto prepare` against one pass of Pillow decoding over all cores.

    python bench/prepare_speed.py FOLDER [--large COUNT]

With `--large`, FOLDER's first COUNT pictures are first enlarged to a museum's 2,400 pixels on
the short side. Prints wall and processor seconds, since a busy machine stretches the former.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from impasto.cli.prepare import feature_network
from impasto.core.images import FILTER
from impasto.data.files import list_files
from impasto.data.parallel import map_in_order
from impasto.data.prepare import prepare


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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--large", type=int, default=0)
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
    print(count, "files")
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
