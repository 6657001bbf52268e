"""Kits of a folder of photographs, and whether each number on them can be read.

    python bench/kit.py FOLDER [--level medium] [--colours 24] [--paints acrylics] [--out FOLDER]

For each picture: regions, narrowest width, share numbered, numbers that the reader of the tests
(tests/kit/reader.py: PDFium draws the page, digits are told by their pixels) cannot read, PSNR and
ΔE beside a plain posterisation with as many colours, and seconds, of the clock and of the CPU.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import cast

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.kit.reader import read_page

from impasto.kit.canvas import LEVELS, parse_canvas
from impasto.kit.making import Order, make_kit, read_picture
from impasto.paints.files import load_paints

COLUMNS = ("regions", "narrowest_mm", "numbered", "beside", "smallest_digit_mm", "psnr",
           "posterised_psnr", "delta_e", "posterised_delta_e")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Make kits and read them.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--level", choices=list(LEVELS), default="medium")
    parser.add_argument("--colours", type=int, default=24)
    parser.add_argument("--size", default="40x50cm")
    parser.add_argument("--paints")
    parser.add_argument("--out", type=Path, default=Path("kit-bench"))
    arguments = parser.parse_args()
    order = Order(
        parse_canvas(arguments.size),
        arguments.colours,
        arguments.level,
        paints=load_paints(arguments.paints) if arguments.paints else None,
    )
    rows = []
    print("picture", *COLUMNS, "illegible", "seconds", "cpu", sep="\t")
    for file in sorted(arguments.folder.iterdir()):
        began = time.process_time()
        done = make_kit(read_picture(file), order, arguments.out / file.stem, file.stem)
        spent = time.process_time() - began
        numbers = read_page(done.files["kit"], -1)
        illegible = [number for number in numbers if number.faults]
        missed = sorted(n.text for n in numbers) != sorted(x.text for x in done.plan.labels)
        figures = cast("dict[str, float]", done.figures)
        row = [*(figures[name] for name in COLUMNS), len(illegible) + missed]
        row += [done.seconds, spent]
        rows.append(row)
        print(file.stem, *(f"{value:.4g}" for value in row), sep="\t", flush=True)
    print("mean", *(f"{value:.4g}" for value in np.mean(rows, 0)), sep="\t")


if __name__ == "__main__":
    main()
