"""The same 36 seeds of the last snapshots of several runs, side by side.

python docs/pictures/remake_beside.py hour/impasto-64-seed2 hour/paint-by-numbers-64-seed0
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.core.images import grid
from impasto.generate.artefact import load_generator
from impasto.generate.sampler import paint_seeds
from impasto.generate.strips import labelled

HERE = Path(__file__).parent
SEEDS = 36


def main() -> None:
    """Write the sheet."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("runs", type=Path, nargs="+")
    options.add_argument("--out", type=Path, default=HERE / "quality-hour.webp")
    chosen = options.parse_args()
    sheets = [
        np.asarray(grid(paint_seeds(load_generator(run, "last"), range(SEEDS))))
        for run in chosen.runs
    ]
    names = [run.name.replace("-seed", ", seed ") for run in chosen.runs]
    Image.fromarray(labelled(np.stack(sheets)[None], [""], names)).save(
        chosen.out, quality=84, method=6
    )


if __name__ == "__main__":
    main()
