"""The sheet of twelve paintings in the README: python bench/painting_sheet.py [--out FOLDER]

Four photographs that scikit-image ships and that may be shown (astronaut: NASA, public domain;
coffee: Rachel Michetti, CC0; chelsea: Stéfan van der Walt, CC0; rocket: SpaceX, CC0), each
painted in three ways by the command as a user would give it. Paintings that are there already
are not painted again. Writes docs/pictures/paint-sheet.webp.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.core.images import FILTER, save
from impasto.models.pretrained import package_file

WAYS = {
    "astronaut.png": (
        "--strokes 1500 --brush dry",
        "--strokes 4000 --brush oil --texture linen",
        "--strokes 2500 --brush ink --palette '#14161c,#8c2f1b,#efe6d2' --ground '#efe6d2'",
    ),
    "coffee.png": (
        "--strokes 1500 --brush dry",
        "--strokes 4000 --brush oil --palette 10 --texture linen",
        "--strokes 1500 --brush wash --ground white --texture paper",
    ),
    "chelsea.png": (
        "--strokes 1500 --brush dry",
        "--strokes 4000 --brush oil --texture linen",
        "--strokes 3000 --brush charcoal --palette '#1a1a1a,#6b665f,#d8d2c4,#ffffff' "
        "--ground '#d8d2c4' --texture paper",
    ),
    "rocket.jpg": (
        "--strokes 1500 --brush dry",
        "--strokes 4000 --brush oil --texture linen",
        "--strokes 2500 --brush wash --ground white --texture paper",
    ),
}
CELL = (480, 340)


def main() -> None:
    parser = argparse.ArgumentParser(description="Paint and lay out the sheet of twelve.")
    parser.add_argument("--out", type=Path, default=Path("painting-sheet"))
    parser.add_argument("--sheet", type=Path, default=Path("docs/pictures/paint-sheet.webp"))
    arguments = parser.parse_args()
    cells = []
    for name, ways in WAYS.items():
        for number, way in enumerate(ways):
            folder = arguments.out / f"{Path(name).stem}-{number}"
            if not (folder / "painting.png").exists():
                photograph = str(package_file("skimage", name))
                words = ["paint", photograph, "--size", "768", "--out", str(folder)]
                command = [sys.executable, "-m", "impasto", *words, *shlex.split(way)]
                subprocess.run(command, check=True)
            with Image.open(folder / "painting.png") as painting:
                cells.append(filled(painting.convert("RGB")))
    rows = [np.concatenate(cells[at : at + 3], 1) for at in range(0, len(cells), 3)]
    save(np.concatenate(rows, 0), arguments.sheet, quality=82)
    print(arguments.sheet)


def filled(painting: Image.Image) -> np.ndarray:
    """The middle of a painting in a cell's proportions, with a narrow white rim."""
    width, height = CELL
    scale = max(width / painting.width, height / painting.height)
    size = (max(width, round(painting.width * scale)), max(height, round(painting.height * scale)))
    left, top = (size[0] - width) // 2, (size[1] - height) // 3
    cut = painting.resize(size, FILTER).crop((left, top, left + width, top + height))
    sheet = Image.new("RGB", (width + 8, height + 8), "white")
    sheet.paste(cut, (4, 4))
    return np.asarray(sheet)


if __name__ == "__main__":
    main()
