"""What it costs to seek copies among very many pictures, and how many are found.

    python bench/duplicates_scale.py 10000 --twins 500 [--exact 200]

Generated thumbnails: clouds with the spectrum of pictures, of which some are there twice, cropped,
mirrored, turned, lighter, noisy. `--exact N` compares N of them with each of the others, as the
exact search does, and tells how many of its candidates and twins the index finds as well.
"""

import argparse
import json
import resource
import time

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.prepare import sketches
from impasto.prepare.alignment import align
from impasto.prepare.sketch_index import near_candidates
from impasto.prepare.sketches import TURNS, VIEWS, turned

SIDE = 64


class Clouds:
    """Thumbnails by number, made when they are asked for; the last ones are copies."""

    def __init__(self, count: int, twins: int) -> None:
        self.count, self.twins = count, twins
        across = np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None, :]
        self._falls = 1 / np.maximum(np.hypot(*across), 1 / SIDE) ** 1.2

    def __getitem__(self, number: int) -> NDArray[np.uint8]:
        first = self.count - self.twins
        if number < first:
            return self._cloud(number)
        chance = np.random.default_rng((1, number))
        original = Image.fromarray(self._cloud(self.original(number)))
        left, top, right, bottom = chance.uniform(0, 0.04, 4) * SIDE
        box = (left, top, SIDE - right, SIDE - bottom)
        copy = np.asarray(original.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box), float)
        copy = copy * chance.uniform(0.85, 1.1) + chance.normal(0, 2, copy.shape)
        return np.asarray(
            turned(np.clip(copy, 0, 255).astype(np.uint8), int(chance.integers(len(TURNS))))
        )

    def original(self, number: int) -> int:
        return int(np.random.default_rng((2, number)).integers(self.count - self.twins))

    def _cloud(self, number: int) -> NDArray[np.uint8]:
        chance = np.random.default_rng((0, number))
        noise = chance.normal(size=(2, SIDE, SIDE // 2 + 1))
        grey = np.fft.irfft2((noise[0] + 1j * noise[1]) * self._falls, (SIDE, SIDE))
        grey = 128 + 50 * (grey - grey.mean()) / grey.std()
        tint = chance.uniform(0.7, 1.1, 3)
        return np.asarray(np.clip(grey[..., None] * tint, 0, 255), np.uint8)


class Held:
    """In memory, where they are asked for several times."""

    def __init__(self, source: Clouds) -> None:
        self._all = np.stack([source[number] for number in range(source.count)])

    def __getitem__(self, number: int) -> NDArray[np.uint8]:
        return np.asarray(self._all[number])


def exact_of(thumbs: Held, count: int, asked: NDArray[np.int64]) -> set[tuple[int, int]]:
    """Pairs with any of `asked` that the exact search names."""
    whole = np.stack([sketches.sketch(thumbs[n], VIEWS[:1])[0] for n in range(count)])
    white = sketches.whitening(whole)
    mine = np.stack([sketches.sketch(thumbs[int(n)]) for n in asked])
    plain = sketches.whitened(whole, white)
    pairs: set[tuple[int, int]] = set()
    for turn in range(len(TURNS)):
        queries = sketches.whitened(sketches.turned_sketches(mine, turn), white)
        for start in range(0, count, 4096):
            near = np.einsum("qvd,nd->qvn", queries, plain[start : start + 4096], optimize=True)
            for q, n in np.argwhere(near.max(1) > sketches.CANDIDATE).tolist():
                one, two = int(asked[q]), start + n
                if one != two:
                    pairs.add((min(one, two), max(one, two)))
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--twins", type=int, default=500)
    parser.add_argument("--exact", type=int, default=0)
    parser.add_argument(
        "--full", action="store_true", help="also time the search of each with each"
    )
    arguments = parser.parse_args()
    count, twins = arguments.count, arguments.twins
    clouds = Clouds(count, twins)
    thumbs = Held(clouds)
    owners = np.arange(count)
    begun, busy = time.time(), time.process_time()
    found = near_candidates(thumbs, owners)
    result = {"count": count, "seconds": round(time.time() - begun, 1)}
    result["cpu_seconds"] = round(time.process_time() - busy, 1)
    pairs = {(each.a, each.b) for each in found}
    result["candidates"] = len(pairs)
    planted = {(clouds.original(n), n) for n in range(count - twins, count)}
    result["planted"] = len(planted)
    result["planted_found"] = len(planted & pairs)
    if arguments.exact:
        asked = np.sort(np.random.default_rng(5).permutation(count)[: arguments.exact])
        asked = np.unique(np.concatenate([asked, np.arange(count - min(twins, 1000), count)]))
        exact = exact_of(thumbs, count, asked)
        result["exact_candidates"], result["of_them_found"] = len(exact), len(exact & pairs)
        true = {pair for pair in exact if _same(thumbs, pair)} if len(exact) < 20000 else set()
        result["exact_twins"], result["of_these_found"] = len(true), len(true & pairs)
    if arguments.full:
        sketches.EXACT = count
        busy = time.process_time()
        exact_all = {(e.a, e.b) for e in sketches.candidates(thumbs, range(count))}
        result["exact_cpu_seconds"] = round(time.process_time() - busy, 1)
        result["exact_all"], result["of_all_found"] = len(exact_all), len(exact_all & pairs)
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(result))


def _same(thumbs: Held, pair: tuple[int, int]) -> bool:
    a, b = (thumbs[number] for number in pair)
    return any(align(a, turned(b, turn)).confirms(0.6) for turn in range(len(TURNS)))


if __name__ == "__main__":
    main()
