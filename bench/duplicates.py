"""Precision and recall of the search for duplicates: python bench/duplicates.py [--folder FOLDER].

Makes sets of pictures that are easily mistaken for each other, with copies of a third of them, and
counts what `impasto prepare` says. With `--folder`, its pictures are the originals of one more set;
copies that it holds already are left out first, by what `prepare` finds there.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.prepare.lookalikes import Chance, copied, originals

from impasto.prepare.decisions import read_decisions
from impasto.prepare.pipeline import prepare
from impasto.prepare.rules import Thresholds


def of_folder(folder: Path, count: int, chance: Chance) -> Iterator[Image.Image]:
    """Pictures of a folder that no other is a copy of."""
    place = Path(tempfile.mkdtemp(prefix="impasto-duplicates-"))
    prepare(folder, place, size=64)
    rows = read_decisions(place)
    twins = {row.twin for row in rows}
    alone = [row.file for row in rows if row.kept and row.file not in twins]
    for number in chance.permutation(len(alone))[:count]:
        with Image.open(folder / alone[number]) as image:
            yield image.convert("RGB")
    shutil.rmtree(place)


def make(folder: Path, pictures: Iterator[Image.Image], chance: Chance) -> dict[str, str]:
    """Write originals and copies; returns what was done to each copy, by file."""
    done = {}
    for number, image in enumerate(pictures):
        image.save(folder / f"{number:04}.jpg", quality=92)
        if chance.random() < 1 / 3:
            done[f"{number:04}-copy.jpg"], copy = copied(image, chance)
            copy.save(folder / f"{number:04}-copy.jpg", quality=int(chance.integers(60, 93)))
    return done


def measure(name: str, pictures: Iterator[Image.Image], chance: Chance) -> tuple[int, int, int]:
    """Print what was found of one set; returns copies, those found, and false alarms."""
    place = Path(tempfile.mkdtemp(prefix="impasto-duplicates-"))
    (place / "in").mkdir()
    done = make(place / "in", pictures, chance)
    began = time.perf_counter()
    prepare(place / "in", place / "out", size=32, thresholds=Thresholds(spread=0))
    seconds = time.perf_counter() - began
    rows = [row for row in read_decisions(place / "out") if row.twin]
    right = {
        file for row in rows if row.file[:4] == row.twin[:4] for file in (row.file, row.twin)
    } & done.keys()
    wrong = [row for row in rows if row.file[:4] != row.twin[:4]]
    missed = Counter(done[file] for file in done.keys() - right)
    precision = len(right) / max(1, len(right) + len(wrong))
    recall = len(right) / max(1, len(done))
    count = len(list((place / "in").iterdir()))
    print(
        f"{name:<14}{count:5} files{len(done):5} copies   precision {precision:.3f}   recall "
        f"{recall:.3f}   {seconds:.1f} s"
    )
    if missed:
        print("    missed:", ", ".join(f"{kind} {n}" for kind, n in missed.most_common(12)))
    if wrong:
        print("    wrong:", ", ".join(f"{r.file} = {r.twin} ({r.reason})" for r in wrong[:8]))
    shutil.rmtree(place)
    return len(done), len(right), len(wrong)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=300, help="originals of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    for place, kind in enumerate(["fields", "fans", "motifs"]):
        chance = np.random.default_rng([arguments.seed, place])
        measure(kind, originals(kind, arguments.count, chance), chance)
    if arguments.folder:
        chance = np.random.default_rng([arguments.seed, 9])
        measure("folder", of_folder(arguments.folder, arguments.count, chance), chance)


if __name__ == "__main__":
    main()
