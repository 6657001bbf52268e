"""The search for paint against comparing with everything: how much worse, how many times as fast.

    python bench/brushwork.py                                # built-in paintings, 64² to 256²
    python bench/brushwork.py --originals FOLDER --pictures 6 --donors 16

At each level the places that the search has found are compared with the best of all places of all
donors: the mean squared distance of looks, and processor seconds of one thread.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from impasto.brushwork import finish as finishing
from impasto.brushwork.donors import DONORS, choose
from impasto.brushwork.field import Search
from impasto.brushwork.originals import find_originals, thumb_of
from impasto.core.images import FILTER, save
from impasto.data.colourfield import paint

AT_ONCE = 512
"""Rows of the table of distances that are held at a time."""

found: dict[int, list[tuple[float, float, float, float]]] = {}


def exactly(search: Search) -> Tensor:
    """(cells,): the squared distance to the most alike of all places."""
    parts = torch.split(search.looks, AT_ONCE)
    squares = search.atlas.looks.square().sum(1)
    return torch.cat(
        [
            (squares - 2 * part @ search.atlas.looks.T).amin(1) + part.square().sum(1)
            for part in parts
        ]
    )


class Timed(Search):
    """A search that is compared with the exact one when it has run."""

    def run(self, rounds: int, far: float) -> None:
        """Search, then compare with everything."""
        began = time.process_time()
        super().run(rounds, far)
        searched = time.process_time()
        exact = float(exactly(self).mean())
        took = searched - began, time.process_time() - searched
        found.setdefault(len(self.looks), []).append((float(self.cost.mean()), exact, *took))


def main() -> None:
    """Parse, enlarge, print a row for each level."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--originals", type=Path, default=Path("runs/bench-brushwork"))
    parser.add_argument("--pictures", type=int, default=3)
    parser.add_argument("--donors", type=int, default=DONORS)
    parser.add_argument("--size", type=int, default=256)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if not options.originals.exists():
        for seed in range(64):
            save(paint(seed, 256), options.originals / f"{seed}.png")
    originals = find_originals(str(options.originals), options.size)
    usable = originals.usable
    drawn = np.random.default_rng(0).permutation(np.flatnonzero(usable))[: options.pictures]
    vars(finishing)["Search"] = Timed
    vars(finishing)["REFINED"] = 0
    for number in drawn:
        whole = originals.open(int(number), options.size)[0].permute(1, 2, 0).numpy()
        side = min(whole.shape[:2])
        picture = Image.fromarray((whole[:side, :side] * 255).astype(np.uint8))
        small = np.array(picture.resize((64, 64), FILTER))
        others = usable.copy()
        others[number] = False
        chosen = choose(thumb_of(picture), originals.known, others, options.donors)
        donors = [originals.open(other, options.size, mirrored) for other, mirrored in chosen]
        finishing.finish(small, donors, (options.size, options.size), begin=64)
    print(f"{'cells':>8}{'found':>9}{'exact':>9}{'seconds':>10}{'exactly':>10}{'times':>8}")
    for cells, rows in found.items():
        cost, exact, took, longer = np.mean(rows, 0)
        print(f"{cells:8}{cost:9.4f}{exact:9.4f}{took:10.2f}{longer:10.2f}{longer / took:8.1f}")


if __name__ == "__main__":
    main()
