"""How close a picture comes with N strokes, and how many plain strokes that is as good as.

    python bench/fewer.py PHOTO … [--strokes 300 600] [--longer PX] [--out FOLDER]

Paints each photograph in oil: plainly with N, 1.25 and 1.5 times N strokes; and with N of those
that are left when some were painted beyond and those worth least have gone, and when all have then
been gone through once more, or twice. The last column: how many strokes fewer than plainly the same
PSNR takes, by the straight line between the plain paintings (over the logarithm of their strokes).
A line of `FOLDER/fewer.jsonl` for each painting, so that the same command goes on where it was
stopped; lines of other arguments or other code are not used.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from impasto.brush.brushes import load_brush
from impasto.paint.canvas import draw_painting
from impasto.paint.pace import Pace
from impasto.paint.painter import Plan, Subject, paint
from impasto.paint.picture import read_picture
from rows import Book, Row, picture_of

WAYS = [(1.0, 0.0, 0), (1.25, 0.0, 0), (1.5, 0.0, 0), (1.0, 0.4, 0), (1.0, 0.4, 1), (1.0, 0.4, 2)]
"""Strokes (times N), painted beyond (share), times that all are gone through once more."""


def painted(file: Path, longer: int, plan: Plan) -> dict[str, float]:
    """PSNR of one painting, and CPU-seconds."""
    picture = read_picture(file, longer).astype(np.float32) / np.float32(255)
    red, green, blue = (round(float(v) * 255) / 255 for v in picture.mean((0, 1)))
    subject = Subject(picture, np.ones(picture.shape[:2], np.float32), (red, green, blue))
    brush, began = load_brush("oil"), time.process_time()
    work = paint(subject, "oil", brush.network, plan, Pace(plan.laid, plan.steps))
    spent = time.process_time() - began
    error = np.square(draw_painting(work.painting()) / 255 - picture).mean()
    return {"psnr": round(float(-10 * np.log10(error)), 3), "cpu": round(spent, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--strokes", type=int, nargs="+", default=[300, 600])
    parser.add_argument("--longer", type=int, default=256)
    parser.add_argument("--out", type=Path, default=Path("fewer-bench"))
    arguments = parser.parse_args()
    book = Book(arguments.out / "fewer.jsonl", __file__, longer=arguments.longer)
    for strokes in arguments.strokes:
        for file in arguments.photos:
            rows = [measured(file, arguments.longer, strokes, way, book) for way in WAYS]
            _tell(file.name, strokes, rows)


def measured(
    file: Path, longer: int, strokes: int, way: tuple[float, float, int], book: Book
) -> Row:
    """The row of one painting, from the book if it is there."""
    what = picture_of(file) | {"strokes": strokes, "way": way}
    if row := book.find(what):
        return row
    more, spare, revisions = way
    plan = Plan(strokes=round(strokes * more), spare=spare, revisions=revisions)
    row = book.add(what, painted(file, longer, plan))
    print(json.dumps(row), flush=True)
    return row


def _tell(name: str, strokes: int, rows: list[Row]) -> None:
    plain = [(row["psnr"], np.log(way[0])) for way, row in zip(WAYS, rows, strict=True)][:3]
    heights, logs = zip(*plain, strict=True)
    for (more, spare, revisions), row in zip(WAYS, rows, strict=True):
        worth = np.exp(np.interp(row["psnr"], heights, logs))
        print(
            f"| {name} | {round(strokes * more)} | {spare:g} | {revisions} | {row['psnr']:.2f} dB "
            f"| {row['cpu']:.0f} | {100 * (1 - more / worth):.0f} % |"
        )


if __name__ == "__main__":
    main()
