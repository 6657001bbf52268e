"""The sheet of twelve paintings in the README: python bench/painting_sheet.py [--out FOLDER]

Four photographs that scikit-image ships and that may be shown (astronaut: NASA, public domain;
coffee: Rachel Michetti, CC0; chelsea: Stéfan van der Walt, CC0; rocket: SpaceX, public domain),
each painted three times by the command as a user would give it: loosely in oil, in oil with the
usual number of strokes, and with another brush. What is there already is not painted again.
Writes docs/pictures/paint-sheet.webp.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.core.images import FILTER, save
from impasto.models.pretrained import package_file

OTHERS = {
    "astronaut.png": "dry",
    "coffee.png": "wash",
    "chelsea.png": "charcoal",
    "rocket.jpg": "ink",
}
LOOSE, FREE, SIZE = "420", "800", "512"
CELL = (400, 300)


def main() -> None:
    parser = argparse.ArgumentParser(description="Paint and lay out the sheet of twelve.")
    parser.add_argument("--out", type=Path, default=Path("painting-sheet"))
    parser.add_argument("--sheet", type=Path, default=Path("docs/pictures/paint-sheet.webp"))
    arguments = parser.parse_args()
    columns = []
    for name, brush in OTHERS.items():
        cells = []
        free = ("--brush", brush, "--strokes", FREE)
        for row, words in enumerate((("--strokes", LOOSE), (), free)):
            folder = arguments.out / f"{Path(name).stem}-{row}"
            run("paint", package_file("skimage", name), *words, "--size", SIZE, "--out", folder)
            with Image.open(folder / "painting.png") as painting:
                cells.append(filled(painting.convert("RGB")))
        columns.append(np.concatenate(cells, 0))
    save(np.concatenate(columns, 1), arguments.sheet, quality=82)
    print(arguments.sheet)


def run(*words: str | Path) -> None:
    """The command, unless its painting is there."""
    if not (Path(words[-1]) / "painting.png").exists():
        subprocess.run([sys.executable, "-m", "impasto", *map(str, words)], check=True)


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
