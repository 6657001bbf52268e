"""What `impasto paint --mask auto` gains inside faces, and what that costs elsewhere.

    python bench/careful.py PICTURES [--strokes N] [--longer PX] [--out FOLDER]

Paints each picture of a folder (or each picture named) in which a face is found: as without the
option, with its care alone, and as the option paints (with strokes beyond that then go again, and
all gone through once more); as many strokes each time. The mean squared error inside the faces and
elsewhere, and what each gains in per cent. A line of `FOLDER/careful.jsonl` for each picture, so
that the same command goes on where it was stopped; lines of other arguments or other code are not
used. The paintings stay to be looked at, in a folder of their own for each such choice.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.brush.brushes import load_brush
from impasto.core.images import save
from impasto.metrics.attention import attend
from impasto.paint.canvas import to_bytes
from impasto.paint.commission import Order
from impasto.paint.pace import Pace
from impasto.paint.painter import Look, Plan, Subject, paint
from impasto.paint.picture import read_picture
from impasto.paint.subject import subject_of
from rows import Book, Row, picture_of, place_of

WAYS = ("plain", "care", "auto")


def error_of(subject: Subject, plan: Plan, keep: Path) -> tuple[NDArray[np.float32], float]:
    """(H, W), the squared error of each pixel, and CPU-seconds."""
    last = np.zeros_like(subject.picture)

    def watch(look: Look) -> None:
        last[:] = look.canvas

    began = time.process_time()
    paint(subject, "oil", load_brush("oil").network, plan, Pace(plan.laid, plan.steps), watch)
    save(to_bytes(last), keep)
    return np.square(last - subject.picture).mean(2), time.process_time() - began


def measured(file: Path, longer: int, strokes: int, out: Path) -> Row | None:
    """One line of the table; None where no face is found."""
    picture = read_picture(file, longer)
    plain = Order(Plan(strokes=strokes))
    subject = subject_of(picture, plain, max(picture.shape[:2]))
    careful = subject_of(picture, replace(plain, mask="auto"), max(picture.shape[:2]))
    heads = attend(picture, *subject.picture.shape[1::-1]).heads
    if heads is None or not heads.any():
        return None
    row: Row = {"faces": round(float(heads.mean()), 4)}
    for way, shown, plan in (
        (WAYS[0], subject, plain.plan),
        (WAYS[1], careful, plain.plan),
        (WAYS[2], careful, replace(plain, mask="auto").made_dear()),
    ):
        error, seconds = error_of(shown, plan, place_of(file, out, f"{way}.png"))
        row[way] = [float(error[heads].mean()), float(error[~heads].mean()), seconds]
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("pictures", type=Path, nargs="+", help="a folder, or pictures")
    parser.add_argument("--strokes", type=int, default=1_500)
    parser.add_argument("--longer", type=int, default=768)
    parser.add_argument("--out", type=Path, default=Path("careful-bench"))
    arguments = parser.parse_args()
    files = [f for p in arguments.pictures for f in (sorted(p.iterdir()) if p.is_dir() else [p])]
    tell(measure(files, arguments.longer, arguments.strokes, arguments.out))


def measure(files: list[Path], longer: int, strokes: int, out: Path) -> list[Row]:
    """The rows of these pictures; those that are not in the book yet are made."""
    book = Book(out / "careful.jsonl", __file__, longer=longer, strokes=strokes)
    rows = []
    for file in files:
        what = picture_of(file)
        row = book.find(what)
        if row is None and (found := measured(file, longer, strokes, book.folder)):
            row = book.add(what, found)
        rows += [row] if row else []
    return rows


def tell(rows: list[Row]) -> None:
    """The table, and the means."""
    print(
        "| | faces fill | in faces, care alone | elsewhere | in faces, auto | elsewhere | CPU-s |"
    )
    print("|---|---|---|---|---|---|---|")
    gains = []
    for row in rows:
        plain = np.array(row["plain"][:2])
        changes = [100 * (np.array(row[way][:2]) / plain - 1) for way in WAYS[1:]]
        gains.append(np.concatenate(changes))
        figures = " | ".join(f"{value:+.1f} %" for value in gains[-1])
        seconds = ", ".join(f"{row[way][2]:.0f}" for way in WAYS)
        print(f"| {row['what']['picture']} | {100 * row['faces']:.1f} % | {figures} | {seconds} |")
    print("| mean | |", " | ".join(f"{value:+.1f} %" for value in np.mean(gains, 0)), "| |")


if __name__ == "__main__":
    main()
