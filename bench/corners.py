"""How well a canvas's corners are found: photographs of canvases made up from pictures.

    python bench/corners.py PICTURES [--seeds 4] [--keep DIR]

Each picture hangs, half painted or whole, turned and foreshortened, before walls of plaster,
bricks, boards, stripes, or beside another canvas, in uneven light, with shadow, blur and noise.
With --table it lies on planks of grained wood, seen through a lens that bends straight lines and
darkens towards the corners, and the photograph is a JPEG.
"""

import argparse
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

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
Points = NDArray[np.float64]


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
    if kind == "table":
        picture = wood(chance)
    if kind == "neighbour":
        edge = round(chance.uniform(40, 160))
        picture[round(chance.uniform(50, 400)) :, :edge] = chance.uniform(0, 255, 3)
    return picture


def wood(chance: np.random.Generator) -> Array:
    """A table of planks, their grain along them: (HEIGHT, WIDTH, 3)."""
    tone = chance.uniform(0.35, 1.1) * np.array([176, 128, 82])
    table = np.empty((HEIGHT, WIDTH, 3), np.float32)
    top = 0
    while top < HEIGHT:
        tall = min(round(chance.uniform(110, 260)), HEIGHT - top)
        grain = np.zeros((tall, WIDTH), np.float32)
        for rows, columns, depth in ((tall, 6, 7), (max(2, tall // 6), 5, 9), (4, 90, 3)):
            streaks = Image.fromarray(chance.normal(0, depth, (rows, columns)).astype(np.float32))
            grain += np.asarray(streaks.resize((WIDTH, tall), FILTER))
        table[top : top + tall] = tone * chance.uniform(0.85, 1.12) + grain[..., None]
        table[top : top + 3] -= 45
        top += tall
    return table


def through_a_lens(
    photo: NDArray[np.float64], corners: Points, bend: float
) -> tuple[NDArray[np.float64], Points]:
    """The photograph bent by a lens and darkened towards its corners, and where corners are then.

    Args:
        photo: (H, W, 3), as a pinhole sees it.
        corners: (4, 2), in its pixels.
        bend: by how much of itself the distance from the middle grows in its corners.
    """
    middle, reach = np.array([WIDTH, HEIGHT]) / 2, np.hypot(WIDTH, HEIGHT) / 2
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    x, y = columns + 0.5 - middle[0], rows + 0.5 - middle[1]
    far = (x * x + y * y) / reach**2
    places = np.stack(
        [y * (1 + bend * far) + middle[1] - 0.5, x * (1 + bend * far) + middle[0] - 0.5]
    )
    bent = np.stack(
        [ndimage.map_coordinates(photo[..., c], places, order=1, mode="nearest") for c in range(3)],
        2,
    )
    straight, now = corners - middle, corners - middle
    for _ in range(20):
        now = straight / (1 + bend * (now**2).sum(1, keepdims=True) / reach**2)
    return bent * (1 - 0.3 * far[..., None]), now + middle


def photographed(
    picture: NDArray[np.uint8], kind: str, chance: np.random.Generator
) -> tuple[NDArray[np.uint8], Points]:
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
    if kind == "table":
        whole, corners = through_a_lens(whole, corners, chance.uniform(-0.06, 0.04))
    blurred = Image.fromarray(np.clip(whole, 0, 255).astype(np.uint8))
    photo = blurred.filter(ImageFilter.GaussianBlur(chance.uniform(0.5, 2)))
    if kind == "table":
        file = io.BytesIO()
        photo.save(file, "JPEG", quality=round(chance.uniform(60, 92)))
        photo = Image.open(file)
    return np.asarray(photo), corners


def main() -> None:
    """Make the photographs, find the corners, and say how far off they are."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--seeds", type=int, default=1, help="photographs of each picture")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--table", action="store_true", help="on a table, through a lens")
    parser.add_argument("--keep", type=Path, help="where photographs with a wrong answer go")
    arguments = parser.parse_args()
    apart, refused, wrong, began = [], 0, 0, clock.now()
    files, _ = list_files(arguments.pictures)
    for number, file in enumerate(files):
        picture = read_picture(arguments.pictures / file, 900)
        aspect = picture.shape[1] / picture.shape[0]
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            chance = np.random.default_rng((number, seed))
            kind = "table" if arguments.table else WALLS[(number + seed) % len(WALLS)]
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
