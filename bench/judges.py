"""Which faults does each judge see, and which copies? Tables for docs/evaluate.md.

    python bench/judges.py my-paintings

DATA as for `impasto train`, 1,850 pictures or more. 500 play the originals, 500 others the samples,
each time with one slight fault, the same ones for every network; and 150 originals are changed and
looked for among 1,700.
"""

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch.nn import functional as F

from impasto.core.images import FILTER
from impasto.metrics.copies import COPY, Originals
from impasto.metrics.distances import kid, nearest
from impasto.metrics.features import Extractor, efficientnet, features_of
from impasto.models.pretrained import to_input
from impasto.prepare.source import Data

Pictures = NDArray[np.uint8]
Change = Callable[[Pictures], Pictures]
chance = np.random.default_rng(1)

SIDE = 500
"""Originals, and as many samples, for the faults."""

LEARNT, CHANGED = 1_700, 150
"""Originals among which copies are looked for, and how many are copied; as many others show what
is no copy."""


def random_network(widths: tuple[int, ...] = (64, 64, 64, 64)) -> Extractor:
    """Convolutions that nobody trained; mean and deviation of every channel of each stage."""
    filters, before = [], 3
    for stage, width in enumerate(widths):
        draw = np.random.RandomState(stage)  # its numbers are frozen for good
        weights = draw.standard_normal((width, before * 9)).astype(np.float32)
        weights *= 2**0.5 / np.linalg.norm(weights, axis=1, keepdims=True)
        filters.append(torch.from_numpy(weights.reshape(width, before, 3, 3)))
        before = width

    @torch.inference_mode()
    def extract(pictures: Pictures) -> NDArray[np.float32]:
        x, moments = to_input(pictures, 64), []
        for weights in filters:
            x = F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weights))
            moments += [x.mean((2, 3)), x.std((2, 3))]
            x = F.avg_pool2d(x, 2)
        return torch.cat(moments, 1).numpy()

    return Extractor("random@64", 2 * sum(widths), extract)


def each(change: Callable[[Image.Image], Image.Image]) -> Change:
    return lambda pictures: np.stack([np.asarray(change(Image.fromarray(p))) for p in pictures])


def clipped(change: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Change:
    return lambda pictures: np.clip(change(pictures.astype(float)), 0, 255).astype(np.uint8)


def checkerboard(pictures: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = pictures.shape[1:3]
    return np.asarray(pictures + (np.indices((height, width)).sum(0) % 2 * 8 - 4)[:, :, None])


def brown(pictures: NDArray[np.float64]) -> NDArray[np.float64]:
    grey = pictures.mean(-1, keepdims=True)
    return np.asarray(grey + 0.75 * (pictures - grey) + np.array([4, 0, -4]))


def exchanged(pictures: Pictures) -> Pictures:
    changed, side = pictures.copy(), pictures.shape[1] // 4
    for picture in changed:
        one, other = ((at // 4 * side, at % 4 * side) for at in chance.permutation(16)[:2])
        a = picture[one[0] : one[0] + side, one[1] : one[1] + side].copy()
        b = picture[other[0] : other[0] + side, other[1] : other[1] + side].copy()
        picture[one[0] : one[0] + side, one[1] : one[1] + side] = b
        picture[other[0] : other[0] + side, other[1] : other[1] + side] = a
    return changed


def jpeg(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "jpeg", quality=40)
    return Image.open(buffer)


FAULTS: dict[str, Change] = {
    "clean": lambda pictures: pictures,
    "blur": each(lambda image: image.filter(ImageFilter.GaussianBlur(0.6))),
    "checkerboard": clipped(checkerboard),
    "brown": clipped(brown),
    "few": lambda pictures: pictures[chance.integers(0, 100, len(pictures))],
    "patches": exchanged,
}

CHANGES: dict[str, Change] = {
    "JPEG of quality 40": each(jpeg),
    "blurred by 1 px": each(lambda image: image.filter(ImageFilter.GaussianBlur(1))),
    "noise of 10 grey levels": clipped(lambda x: x + chance.normal(0, 10, x.shape)),
    "brighter by 15 %": clipped(lambda x: x * 1.15 + 5),
    "mirrored": lambda pictures: np.ascontiguousarray(pictures[:, :, ::-1]),
    "four fifths of it, one fifth of another": clipped(lambda x: 0.8 * x + 0.2 * np.roll(x, 1, 0)),
    "cropped by a sixth": each(
        lambda image: image.resize(
            image.size, FILTER, box=(image.width // 12, image.height // 12,
                                     image.width * 11 // 12, image.height * 11 // 12)
        )
    ),
    "shifted by a sixteenth": lambda pictures: np.roll(
        pictures, (pictures.shape[1] // 16,) * 2, (1, 2)
    ),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--size", type=int, default=64)
    options = parser.parse_args()
    dataset = Data.parse(options.data).open(options.size, "crop", Path.cwd())
    if len(dataset) < LEARNT + CHANGED:
        raise SystemExit(
            f"{options.data} has {len(dataset):,} pictures, but this takes {LEARNT + CHANGED:,}; "
            "name a larger set."
        )
    pictures = np.asarray(dataset.pictures[np.random.default_rng(0).permutation(len(dataset))])
    faults(pictures)
    copies(pictures)


def faults(pictures: Pictures) -> None:
    reals, others = pictures[:SIDE], pictures[SIDE : 2 * SIDE]
    faulty = {name: fault(others) for name, fault in FAULTS.items()}  # one draw for all networks
    print("| network | CPU-s per 1,000 |", " | ".join(FAULTS), "|")
    for extractor in (efficientnet("lite0", 128), efficientnet("lite2", 128), random_network()):
        extractor(reals[:2])
        began = time.process_time()
        seen = features_of(reals, extractor, quiet=True)
        cost = (time.process_time() - began) * 1000 / len(reals)
        scale = seen.std(axis=0) + 1e-6 if extractor.name.startswith("random") else 1
        cells = []
        for samples in faulty.values():
            found = kid(seen / scale, features_of(samples, extractor, quiet=True) / scale)
            cells.append(f"{found.value / found.error:.1f}".replace("-", "−"))
        print(f"| {extractor.name} | {cost:.1f} |", " | ".join(cells), "|", flush=True)


def copies(pictures: Pictures) -> None:
    learnt, fresh = pictures[:LEARNT], pictures[LEARNT:]
    originals, extractor = Originals(learnt), efficientnet("lite0", 128)
    features = features_of(learnt, extractor, quiet=True)
    typical = float(np.median(nearest(features, features, 2).distances[:, 1]))
    rows = np.random.default_rng(3).choice(len(learnt), CHANGED, replace=False)
    print("| what was done | called copies | distance of layouts | distance of Lite0's features |")
    for name, change in {"nothing: other paintings": None, **CHANGES}.items():
        changed = fresh if change is None else change(learnt[rows])
        by_layout = originals.search(changed, 1).distances[:, 0]
        seen = features_of(changed, extractor, quiet=True)
        by_feature = nearest(seen, features, 1).distances[:, 0] / typical
        share = 100 * (by_layout < COPY).mean()
        print(
            f"| {name} | {share:.1f} % | {np.median(by_layout):.2f} | {np.median(by_feature):.2f} |"
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
