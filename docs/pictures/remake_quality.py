"""Make the walls of `docs/quality.md` and the growth in `docs/log.md` from a finished run.

    python docs/pictures/remake_quality.py RUN [--out FOLDER]

`quality-growth.webp`: the same latents at four moments of RUN, above one another.
`wall.webp`: seeds 0 to 59 of RUN's best snapshot, as they come; fewer of larger pictures.

Of a run at another size than 64, their names end in that size.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.core.images import grid
from impasto.core.runs import Run
from impasto.generate.artefact import load_generator
from impasto.generate.sampler import paint_seeds
from impasto.generate.strips import labelled

HERE = Path(__file__).parent
MOMENTS, ACROSS = (0.06, 0.25, 0.5, 1.0), 10
WALLS = {64: (5, 12), 128: (5, 8), 256: (4, 6)}
"""Rows and columns of the wall."""

GAP = 2


def growth(run: Run, side: int) -> np.ndarray:
    """The first latents of the sample sheets, one row a moment."""
    sheets = sorted((run.folder / "samples").glob("*.png"))
    end = int(sheets[-1].stem)
    rows, words = [], []
    for moment in MOMENTS:
        sheet = min(sheets, key=lambda file: abs(int(file.stem) - moment * end))
        page = np.asarray(Image.open(sheet).convert("RGB"))
        cell = side + GAP
        pictures = [
            page[GAP + y * cell : GAP + y * cell + side, GAP + x * cell : GAP + x * cell + side]
            for y in range(2)
            for x in range(8)
        ]
        rows.append(np.stack(pictures[:ACROSS]))
        words.append(f"{int(sheet.stem):,}")
    return labelled(np.stack(rows), words, [""] * ACROSS)


def main() -> None:
    """Write the two."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("run", type=Path)
    options.add_argument("--out", type=Path, default=HERE)
    chosen = options.parse_args()
    run, painter = Run(chosen.run), load_generator(chosen.run)
    assert painter.card is not None
    side = painter.card.model.width
    end = "" if side == 64 else f"-{side}"
    grown = Image.fromarray(growth(run, side))
    grown.save(chosen.out / f"quality-growth{end}.webp", quality=85, method=6)
    rows, columns = WALLS.get(side, (3, 4))
    wall = grid(paint_seeds(painter, range(rows * columns)), columns)
    Image.fromarray(np.asarray(wall)).save(chosen.out / f"wall{end}.webp", quality=88, method=6)


if __name__ == "__main__":
    main()
