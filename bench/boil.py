"""How much a painted film changes where its source stands still.

    python bench/boil.py CLIP|PHOTOGRAPH [--strokes N] [--longer PX] [--frames K] [--out FOLDER]

A photograph becomes a clip first: a red ball flies past it, with noise of two grey levels as of a
camera, encoded as H.264. The first K frames are painted with strokes that stay, and ANEW of them
each by itself. From frame to frame, where the source has not changed: the mean absolute change of
the painted pixels in grey levels. The film, and every eighth frame side by side, stay in FOLDER.
"""

import argparse
import time
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from impasto.brush.brushes import load_brush
from impasto.core.footage import CLIPS, open_clip
from impasto.core.images import Picture, save
from impasto.core.video import write_film
from impasto.paint.canvas import to_bytes
from impasto.paint.commission import Order
from impasto.paint.moving import Moving, changed
from impasto.paint.painter import Plan, Subject
from impasto.paint.picture import read_picture
from impasto.paint.several import in_common
from impasto.paint.subject import subject_of

ANEW = 3


def flying(photograph: Picture, frames: int) -> list[Picture]:
    height, width = photograph.shape[:2]
    y, x = np.mgrid[:height, :width]
    shown = []
    for number in range(frames):
        chance, frame = np.random.default_rng(number), photograph.astype(np.float32)
        at = width * (0.1 + 0.8 * number / max(1, frames - 1))
        ball = np.hypot(x - at, y - height * (0.5 + 0.1 * np.sin(number / 3))) < height / 7
        frame[ball] = (220, 60, 40)
        frame += chance.normal(0, 2, frame.shape).astype(np.float32)
        shown.append(np.clip(frame, 0, 255).astype(np.uint8))
    return shown


def change(source: list[Subject], painted: list[Picture]) -> float:
    steps = []
    for (before, after), (one, other) in zip(pairwise(source), pairwise(painted), strict=True):
        still = ~changed(before.picture, after.picture)
        if still.any():
            steps.append(np.abs(one.astype(float) - other)[still].mean())
    return float(np.mean(steps))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("what", type=Path, help="a clip, or a photograph")
    parser.add_argument("--strokes", type=int, default=1_500)
    parser.add_argument("--longer", type=int, default=512)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--out", type=Path, default=Path("boil-bench"))
    arguments = parser.parse_args()
    clip = arguments.what
    if clip.suffix.lower() not in CLIPS:
        photograph = read_picture(clip, arguments.longer)
        clip = arguments.out / "clip.mp4"
        write_film(clip, flying(photograph, arguments.frames), 24)
    brush, plan = load_brush("oil"), Plan(strokes=arguments.strokes)
    order = Order(plan)
    moving = Moving("oil", brush.network, plan)
    source: list[Subject] = []
    painted: list[Picture] = []
    began = time.process_time()
    with open_clip(clip, arguments.longer) as opened:
        for frame in islice(opened.frames, arguments.frames):
            order = in_common(order, [frame])
            source.append(subject_of(frame, order, max(frame.shape[:2])))
            painted.append(to_bytes(moving.show(source[-1])))
            close = np.square(painted[-1] / 255 - source[-1].picture).mean()
            spent, strokes = time.process_time() - began, len(moving.painting(source[-1]).strokes)
            print(f"{len(painted)}: {-10 * np.log10(close):.1f} dB, {strokes}, {spent:.0f} CPU-s")
        write_film(arguments.out / "painted.mp4", painted, opened.fps)
    rows = [np.concatenate(painted[first : first + 32 : 8], 1) for first in (0, 32)]
    save(
        np.concatenate([row for row in rows if row.shape == rows[0].shape]), arguments.out / "a.png"
    )
    anew = [to_bytes(Moving("oil", brush.network, plan).show(each)) for each in source[:ANEW]]
    print(f"strokes that stay: {change(source, painted):.2f} grey levels a frame")
    print(f"each frame anew:   {change(source[:ANEW], anew):.2f}")


if __name__ == "__main__":
    main()
