"""How well a canvas's corners are found: photographs of canvases made up from pictures.

    python bench/corners.py PICTURES [--seeds 4] [--keep DIR]

Each picture hangs, half painted or whole, turned and foreshortened, before walls of plaster,
bricks, boards, stripes, or beside another canvas, in uneven light, with shadow, blur and noise.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from impasto.core import clock
from impasto.core.images import FILTER
from impasto.data.files import list_files
from impasto.paint.begun import _perspective
from impasto.paint.corners import find_corners
from impasto.paint.picture import read_picture

WIDTH, HEIGHT = 1600, 1200
WALLS = ("plaster", "bricks", "boards", "stripes", "neighbour")
RIGHT = 0.02
"""Of the photograph's longer side: corners nearer than this are found."""

Array = NDArray[np.float32]


def wall(kind: str, chance: np.random.Generator) -> Array:
    """A wall without a canvas: (HEIGHT, WIDTH, 3)."""
    tone = chance.uniform(30, 230) + chance.uniform(-15, 15, 3)
    rough = np.zeros((HEIGHT, WIDTH), np.float32)
    for size, depth in ((8, 12), (40, 6), (200, 3)):
        grain = Image.fromarray(chance.normal(0, depth, (size, size)).astype(np.float32))
        rough += np.asarray(grain.resize((WIDTH, HEIGHT), FILTER))
    picture = np.asarray(tone + rough[..., None], np.float32)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    if kind == "bricks":
        shifted = columns + 60 * (rows // 60 % 2)
        picture[(rows % 60 < 5) | (shifted % 120 < 5)] += chance.choice([-25, 25])
    if kind == "boards":
        picture[columns % 210 < 4] -= 30
    if kind == "stripes":
        picture[columns // 80 % 2 == 0] += 18
    if kind == "neighbour":
        edge = round(chance.uniform(40, 160))
        picture[round(chance.uniform(50, 400)) :, :edge] = chance.uniform(0, 255, 3)
    return picture


def photographed(
    picture: NDArray[np.uint8], kind: str, chance: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A photograph of a canvas with this picture, and its corners in pixels."""
    canvas = Image.fromarray(picture)
    if chance.random() < 0.5:  # half painted
        begun = np.asarray(canvas).copy()
        bare = np.asarray(canvas.convert("L").filter(ImageFilter.GaussianBlur(20)))
        begun[bare > np.quantile(bare, chance.uniform(0.3, 0.8))] = (238, 234, 226)
        canvas = Image.fromarray(begun)
    aspect = canvas.width / canvas.height
    across = min(chance.uniform(0.45, 0.75) * WIDTH, 0.75 * HEIGHT * aspect)
    half = np.array([across, across / aspect]) / 2
    turn = np.radians(chance.uniform(-7, 7))
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.array([WIDTH, HEIGHT]) / 2 + chance.uniform(-60, 60, 2)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half @ spin.T + middle
    corners += chance.uniform(-0.05, 0.05, (4, 2)) * across
    corners = np.clip(corners, 15, [WIDTH - 15, HEIGHT - 15])
    flat = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * canvas.size
    matrix = _perspective(corners, flat)
    size = (WIDTH, HEIGHT)
    seen = canvas.transform(size, Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BICUBIC)
    mask = Image.new("L", canvas.size, 255).transform(
        size, Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BILINEAR
    )
    cover = np.asarray(mask, np.float32)[..., None] / 255
    shadow = np.roll(
        np.asarray(mask.filter(ImageFilter.GaussianBlur(12)), np.float32), (14, 9), (0, 1)
    )
    back = wall(kind, chance) - (0.25 * chance.random() * shadow)[..., None]
    whole = back + cover * (np.asarray(seen, np.float32) - back)
    light = np.linspace(chance.uniform(0.8, 1), chance.uniform(0.8, 1.1), WIDTH)[None, :, None]
    whole = whole * light + chance.normal(0, chance.uniform(1, 5), whole.shape)
    blurred = Image.fromarray(np.clip(whole, 0, 255).astype(np.uint8))
    photo = blurred.filter(ImageFilter.GaussianBlur(chance.uniform(0.5, 2)))
    return np.asarray(photo), corners


def main() -> None:
    """Make the photographs, find the corners, and say how far off they are."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--seeds", type=int, default=1, help="photographs of each picture")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--keep", type=Path, help="where photographs with a wrong answer go")
    arguments = parser.parse_args()
    apart, refused, wrong, began = [], 0, 0, clock.now()
    files, _ = list_files(arguments.pictures)
    for number, file in enumerate(files):
        picture = read_picture(arguments.pictures / file, 900)
        aspect = picture.shape[1] / picture.shape[0]
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            chance = np.random.default_rng((number, seed))
            kind = WALLS[(number + seed) % len(WALLS)]
            photo, corners = photographed(picture, kind, chance)
            found = find_corners(photo, aspect)
            if found is None:
                refused += 1
                continue
            off = float(np.hypot(*(found - corners).T).max())
            if off < RIGHT * WIDTH:
                apart.append(off)
                continue
            wrong += 1
            print(f"{file.name} {kind} seed {seed}: {off:.0f} pixels off")
            if arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                Image.fromarray(photo).save(arguments.keep / f"{file.stem}-{kind}-{seed}.jpg")
    spent = (clock.now() - began) / max(1, len(files) * arguments.seeds)
    print(
        f"{len(apart)} found, {np.median(apart or [0]):.1f} pixels off in the median, at most "
        f"{max(apart, default=0):.1f}; {refused} refused; {wrong} wrong; {spent:.1f} s each"
    )


if __name__ == "__main__":
    main()
