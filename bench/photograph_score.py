"""Fit the direction in texture space that tells photographs from paintings, and judge it.

    python bench/photograph_score.py PAINTINGS PHOTOGRAPHS [PHOTOGRAPHS …]

Each PHOTOGRAPHS folder is one source (one camera, one taste). Prints, for every source left out
of the fit and for single photographs left out, the share that is found at the thresholds that
2, 1, 0.2 and 0.1 % of paintings (left out as well) exceed. Then fits on everything and writes
`src/impasto/prepare/photographs.npz`. Linear discriminant (Fisher 1936), covariance shrunk.
"""

import io
import random
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.images import FILTER
from impasto.data.decode import decode_image
from impasto.data.files import list_files
from impasto.models.pretrained import texture_features
from impasto.prepare.examine import VIEW, Settings, examine
from impasto.prepare.measures import centre_square

SHRINK = 0.3
VARIANTS = 6
OUT = Path("src/impasto/prepare/photographs.npz")


def views(folder: Path, variants: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Views as `prepare` takes them, then variants of other size, crop and compression."""
    found, owner = [], []
    for number, file in enumerate(list_files(folder)[0]):
        view = examine(folder, Settings(64, 64), file).view
        if view is None:
            continue
        found.append(view)
        owner.append(number)
        image = decode_image(
            folder / file, lambda w, h: (600 * w // min(w, h), 600 * h // min(w, h))
        )
        chance = random.Random(str(file))
        for _ in range(variants):
            found.append(vary(image.image, chance))
            owner.append(number)
    return np.stack(found), np.array(owner)


def vary(image: Image.Image, chance: random.Random) -> NDArray[np.uint8]:
    """Another download of the same picture: resized, cut, mirrored, compressed again."""
    short = min(image.size)
    scale = chance.uniform(min(1.0, 256 / short), 1.0)
    width, height = round(image.width * scale), round(image.height * scale)
    image = image.resize((width, height), FILTER)
    left, top = width * chance.uniform(0, 0.15), height * chance.uniform(0, 0.15)
    image = image.crop((int(left), int(top), int(left + 0.85 * width), int(top + 0.85 * height)))
    if chance.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=chance.randint(65, 95))
    return centre_square(Image.open(buffer), VIEW, 0.875)


def discriminant(
    paintings: NDArray[np.float64], sources: list[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], float]:
    """Direction and offset; every source of photographs weighs the same."""
    within = 0.5 * np.cov(paintings.T) + 0.5 * np.mean([np.cov(s.T) for s in sources], axis=0)
    within = (1 - SHRINK) * within + SHRINK * np.diag(np.diag(within))
    photographs = np.mean([s.mean(0) for s in sources], axis=0)
    direction = np.linalg.solve(within, photographs - paintings.mean(0))
    return direction, float(-(photographs + paintings.mean(0)) @ direction / 2)


def features(views_: NDArray[np.uint8]) -> NDArray[np.float64]:
    parts = [texture_features(views_[k : k + 32]) for k in range(0, len(views_), 32)]
    return np.concatenate(parts).astype(np.float64)


def main() -> None:
    folders = [Path(argument) for argument in sys.argv[1:]]
    chosen, owners = zip(
        *(views(f, VARIANTS if k else 0) for k, f in enumerate(folders)), strict=True
    )
    paintings, *photographs = [features(v) for v in chosen]
    held_out = np.empty(len(paintings))
    for fold in range(4):
        test = np.arange(len(paintings)) % 4 == fold
        direction, offset = discriminant(paintings[~test], photographs)
        held_out[test] = paintings[test] @ direction + offset
    thresholds = np.quantile(held_out, [0.98, 0.99, 0.998, 0.999])
    print(
        "paintings above:",
        dict(zip(["2 %", "1 %", ".2 %", ".1 %"], thresholds.round(2), strict=True)),
    )
    for number, folder in enumerate(folders[1:]):
        others = [p for k, p in enumerate(photographs) if k != number]
        if others:
            direction, offset = discriminant(paintings, others)
            score = photographs[number] @ direction + offset
            shares = [(score > t).mean().round(3) for t in thresholds]
            print(folder.name, "source left out, found at", shares)
        owner, score = owners[number + 1], np.empty(len(photographs[number]))
        for fold in range(8):
            test = owner % 8 == fold
            rest = [p[~test] if k == number else p for k, p in enumerate(photographs)]
            direction, offset = discriminant(paintings, rest)
            score[test] = photographs[number][test] @ direction + offset
        print(
            folder.name,
            "photograph left out, found at",
            [(score > t).mean().round(3) for t in thresholds],
        )
    direction, offset = discriminant(paintings, photographs)
    np.savez(OUT, direction=direction.astype(np.float32), offset=np.float32(offset))
    print("written", OUT)


if __name__ == "__main__":
    main()
