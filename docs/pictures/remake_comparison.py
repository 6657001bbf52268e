"""Make the picture of `docs/comparison.md` from a comparison's folder, and print its table.

    python docs/pictures/remake_comparison.py comparisons/impressionists

Every recipe's samples of the same latents' seeds, best first.
"""

import argparse
from pathlib import Path

import numpy as np
import typer
from PIL import Image

from impasto.compare.results import read_results, summary
from impasto.compare.table import markdown_table
from impasto.core.images import Picture
from impasto.generate.strips import labelled

HERE = Path(__file__).parent
ACROSS = 4


def main() -> None:
    """Write the sheet, print the table and the floor."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("comparison", type=Path, help="what `impasto compare --out` made")
    options.add_argument("--out", type=Path, default=HERE / "comparison.webp")
    chosen = options.parse_args()
    results = read_results(chosen.comparison / "comparison.json")
    rows = summary(results)
    shown: list[tuple[str, Picture]] = []
    for row in rows:
        file = chosen.comparison / "grids" / f"{row['recipe']}-seed0.png"
        if file.exists():
            shown.append((str(row["recipe"]), np.asarray(Image.open(file).convert("RGB"))))
    strips = [
        labelled(np.stack([picture for _, picture in part])[None], [""], [name for name, _ in part])
        for part in (shown[first : first + ACROSS] for first in range(0, len(shown), ACROSS))
    ]
    width = max(strip.shape[1] for strip in strips)
    padded = [
        np.pad(strip, ((0, 0), (0, width - strip.shape[1]), (0, 0)), constant_values=255)
        for strip in strips
    ]
    Image.fromarray(np.concatenate(padded)).save(chosen.out, quality=82, method=6)
    typer.echo(markdown_table(results))
    typer.echo(f"floor {next((result.floor for result in results if result.floor), {})}")


if __name__ == "__main__":
    main()
