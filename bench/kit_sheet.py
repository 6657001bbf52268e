"""The pictures of docs/kit.md: python bench/kit_sheet.py [--out FOLDER]

The astronaut that scikit-image ships (NASA, public domain) and a painting by impressionists-256,
each as a kit by the command as a user would give it: the picture, the kit painted, the plan, and a
part of the plan at the size of its print. Writes docs/pictures/kit.webp and kit-colours.webp.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image

from impasto.core.images import FILTER, Picture, save
from impasto.models.pretrained import package_file

SIDE = 560
"""Pixels of a picture's height on the sheet."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Make kits and lay out the sheet.")
    parser.add_argument("--out", type=Path, default=Path("kit-sheet"))
    parser.add_argument("--pictures", type=Path, default=Path("docs/pictures"))
    arguments = parser.parse_args()
    astronaut = package_file("skimage", "astronaut.png")
    photo = made(str(astronaut), arguments.out / "astronaut", "--paints", "acrylics")
    made("impressionists-256", arguments.out / "painting", "--seed", "7")
    painting = arguments.out / "painting/seed-000007"
    rows = [
        row(astronaut, photo, (0.36, 0.13)),
        row(arguments.out / "painting/pictures/seed-000007.png", painting, (0.3, 0.3)),
    ]
    save(np.concatenate(rows), arguments.pictures / "kit.webp", 80)
    save(drawn(photo / "kit.pdf", 0, 1.5), arguments.pictures / "kit-colours.webp", 80)


def made(what: str, out: Path, *options: str) -> Path:
    words = ["kit", what, *options, "--size", "40x40cm", "--paper", "canvas", "--out", str(out)]
    if not out.exists():
        subprocess.run([sys.executable, "-m", "impasto", *words, "--json"], check=True)
    return out


def row(source: Path, kit: Path, corner: tuple[float, float]) -> Picture:
    """The picture, the kit painted, its plan, and a part of that as large as in print."""
    plan = drawn(kit / "kit.pdf", -1, 6)
    height, width = plan.shape[:2]
    top, left = int(corner[1] * height), int(corner[0] * width)
    cells = [
        Image.open(source).convert("RGB"),
        Image.open(kit / "painted.png"),
        Image.fromarray(plan),
        Image.fromarray(plan[top : top + 2 * SIDE, left : left + 2 * SIDE]),
    ]
    return np.concatenate([np.asarray(cell.resize((SIDE, SIDE), FILTER)) for cell in cells], axis=1)


def drawn(file: Path, page: int, scale: float) -> Picture:
    document = pypdfium2.PdfDocument(file)
    return np.asarray(document[page % len(document)].render(scale=scale).to_pil().convert("RGB"))


if __name__ == "__main__":
    main()
