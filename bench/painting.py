"""How well and how fast `impasto paint` paints, all claims in one run.

    python bench/painting.py PHOTOS [--photos K] [--out FOLDER]

Paints the first K photographs of a folder, one after the other, and writes a line of
`FOLDER/painting.jsonl` for each finished measurement, so that the same command goes on where it
was stopped; lines of another brush, number of threads or other code are not used. The paintings
stay to be looked at, in a folder of their own for each such choice. At the end it prints the table
of the photographs and parts that were asked for.

What is measured, for each photograph:
- preview: 1,200 strokes on a canvas of 512 pixels, and the same drawn again at 768 against the
  whole photograph;
- standard: 5,000 strokes on a canvas of 768 pixels; SSIM by torchmetrics;
- tiny: a square of it at 64×64 with 50 strokes, and beside it (for the first --rivals of them)
  Neural Painters' own procedure on our stroke network: all twelve numbers of each stroke by
  RMSprop at .01 for 3,000 steps, its published settings, but with the squared error as its loss
  (which is what PSNR measures) and a network faster than its own;
- neural: the preview's strokes by the network instead of the engine, same geometry, colours
  solved for each;
- seams: the error near borders of the squares of each phase against the error elsewhere;
- replay: the preview drawn at 4,096 pixels and shrunk, against the 512 ones.
"""

import argparse
import json
import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional as F
from torchmetrics.functional.image import structural_similarity_index_measure

from impasto.brush.brushes import Brush, load_brush
from impasto.brush.settings import BRUSHES
from impasto.core.images import FILTER, save
from impasto.paint.canvas import Patch, draw_painting, draw_patches, lay
from impasto.paint.colours import solve_colours
from impasto.paint.commission import Order
from impasto.paint.document import Painting, Strokes, load_painting, save_painting
from impasto.paint.levels import grid, plan_levels
from impasto.paint.optimise import layered
from impasto.paint.pace import Pace
from impasto.paint.painter import Plan, Subject, paint
from impasto.paint.picture import read_picture
from rows import Book, Row, picture_of, place_of

Array = NDArray[np.float32]

PREVIEW, STANDARD, TINY = 1_200, 5_000, 50
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
OF_PREVIEW = ("neural", "seams", "replay")
"""Parts that look at the preview's strokes, so that it is painted for them."""


def psnr(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(-10 * np.log10(max(float(np.square(a - b).mean()), 1e-10)))


def ssim(a: Array, b: Array) -> float:
    x, y = (torch.from_numpy(v).permute(2, 0, 1)[None] for v in (a, b))
    measured = structural_similarity_index_measure(x, y, data_range=1.0)
    assert isinstance(measured, torch.Tensor)  # a tuple only where maps are asked for
    return float(measured)


def photo(path: Path, longer: int) -> Array:
    return read_picture(path, longer).astype(np.float32) / np.float32(255)


def drawn(painting: Painting, longer: int | None = None) -> Array:
    return draw_painting(painting, longer).astype(np.float32) / np.float32(255)


def timed(target: Array, brush: Brush, strokes: int) -> tuple[Painting, Row]:
    """Paint, and draw the result once, as the command does."""
    wall, cpu = time.monotonic(), time.process_time()
    red, green, blue = (round(float(v) * 255) / 255 for v in target.mean((0, 1)))
    subject = Subject(target, np.ones(target.shape[:2], np.float32), (red, green, blue))
    plan = Plan(strokes=strokes)
    work = paint(subject, brush.name, brush.network, plan, Pace(strokes, plan.steps))
    painting = work.painting()
    picture = drawn(painting)
    row = {"strokes": len(painting.strokes), "psnr": psnr(picture, target)}
    row |= {"seconds": time.monotonic() - wall, "cpu": time.process_time() - cpu}
    return painting, row | {"ssim": ssim(picture, target)}


def preview(path: Path, brush: Brush, keep: Path) -> Row:
    painting, row = timed(photo(path, 512), brush, PREVIEW)
    save_painting(painting, keep.with_suffix(".json"))
    save(draw_painting(painting), keep.with_suffix(".png"))
    whole = photo(path, 768)
    return row | {"psnr_768": psnr(drawn(painting, max(whole.shape[:2])), whole)}


def standard(path: Path, brush: Brush, keep: Path) -> Row:
    painting, row = timed(photo(path, 768), brush, STANDARD)
    save_painting(painting, keep.with_suffix(".json"))
    save(draw_painting(painting), keep.with_suffix(".png"))
    return row


def square(path: Path) -> Array:
    """The middle of a photograph, at 64×64."""
    whole = Image.fromarray(read_picture(path, 768))
    side = min(whole.size)
    left, top = (whole.width - side) // 2, (whole.height - side) // 2
    cut = whole.crop((left, top, left + side, top + side)).resize((64, 64), FILTER)
    return np.asarray(cut, np.float32) / np.float32(255)


def tiny(path: Path, brush: Brush, keep: Path) -> Row:
    painting, row = timed(square(path), brush, TINY)
    save(draw_painting(painting), keep.with_suffix(".png"))
    return row


def rival(path: Path, brush: Brush, keep: Path, steps: int = 3_000) -> Row:
    """Neural Painters' procedure: random actions, all moved at once, on white, at 64×64."""
    target = torch.from_numpy(square(path)).permute(2, 0, 1).flatten(1)[None]
    torch.manual_seed(0)
    actions = torch.rand(TINY, 12).requires_grad_()
    mover = torch.optim.RMSprop([actions], lr=0.01)
    wall, cpu = time.monotonic(), time.process_time()
    for _ in range(steps):
        alphas = brush.network(actions[:, :9], 64).reshape(1, TINY, -1)
        weights, through = layered(alphas)
        painted = through[:, None] + actions[None, :, 9:].transpose(1, 2) @ weights
        loss = F.mse_loss(painted, target)
        mover.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        mover.step()
        with torch.no_grad():
            actions.clamp_(0, 1)
    spent = {"seconds": time.monotonic() - wall, "cpu": time.process_time() - cpu}
    whole = np.tile(np.array([0, 0, 1], np.float32), (TINY, 1))
    nine, colours = actions.detach()[:, :9].numpy(), actions.detach()[:, 9:].numpy()
    strokes = Strokes(whole, nine, colours)
    painting = Painting(64, 64, brush.name, 0, (1.0, 1.0, 1.0), "none", strokes)
    save(draw_painting(painting), keep.with_suffix(".png"))
    return spent | {
        "psnr": psnr(drawn(painting), square(path)),
        "psnr_neural": -10 * float(torch.log10(loss.detach())),
    }


def neural_patches(painting: Painting, brush: Brush, height: int, width: int) -> list[Patch]:
    """What `draw_patches` yields, by the network instead of the engine."""
    patches = []
    for box, nine in zip(painting.strokes.squares, painting.strokes.geometry, strict=True):
        left, top, side = (round(float(v) * painting.longer) for v in box)
        with torch.no_grad():
            alpha = brush.network(torch.from_numpy(nine)[None], 64)
        if side != 64:
            alpha = F.interpolate(alpha, (side, side), mode="bilinear", antialias=True)
        rows = slice(max(0, top), min(height, top + side))
        columns = slice(max(0, left), min(width, left + side))
        part = alpha[0, 0].numpy()[rows.start - top : rows.stop - top]
        patches.append(Patch(part[:, columns.start - left : columns.stop - left], rows, columns))
    return patches


def neural(path: Path, brush: Brush, previewed: Path) -> Row:
    """The same strokes by the engine and by the network; each with its best colours."""
    painting, target = load_painting(previewed.with_suffix(".json")), photo(path, 512)
    height, width, _ = target.shape
    ground = np.full(target.shape, painting.ground, np.float32)
    care = np.ones((height, width), np.float32)
    places = (painting.strokes, painting.brush, painting.seed, painting.longer, height, width)
    result: Row = {}
    for name, patches in (
        ("real", list(draw_patches(*places))),
        ("neural", neural_patches(painting, brush, height, width)),
    ):
        colours = solve_colours(patches, painting.strokes.colours, ground, target, care)
        canvas = ground.copy()
        for patch, colour in zip(patches, colours, strict=True):
            lay(canvas, patch, colour)
        result[name] = psnr(canvas, target)
    return result | {"apart": abs(result["real"] - result["neural"])}


def seams(path: Path, brush: Brush, previewed: Path) -> Row:
    """Error within 4 px of the borders of all phases' squares, against elsewhere."""
    painting, target = load_painting(previewed.with_suffix(".json")), photo(path, 512)
    error = np.square(drawn(painting) - target).mean(2)
    height, width = error.shape
    sums = np.zeros(4)  # error and pixels near borders, error and pixels elsewhere
    for level in plan_levels(height, width, PREVIEW):
        if level.side < 24:
            continue  # with 4 pixels on both sides little would be elsewhere
        for phase in range(level.phases):
            boxes = grid(height, width, level.side, phase)
            near = np.zeros((height, width), bool)
            for at in set(boxes.left.tolist()) - {0}:
                near[:, max(0, at - 4) : max(0, at + 4)] = True
            for at in set(boxes.top.tolist()) - {0}:
                near[max(0, at - 4) : max(0, at + 4)] = True
            sums += [error[near].sum(), near.sum(), error[~near].sum(), (~near).sum()]
    return {"near_against_elsewhere": float(sums[0] / sums[1] / (sums[2] / sums[3]))}


def replay(path: Path, brush: Brush, previewed: Path) -> Row:
    painting = load_painting(previewed.with_suffix(".json"))
    small, began = drawn(painting), time.monotonic()
    large = draw_painting(painting, 4096)
    spent = time.monotonic() - began
    shrunk = Image.fromarray(large).resize((painting.width, painting.height), FILTER)
    shrunk_array = np.asarray(shrunk, np.float32) / np.float32(255)
    return {"psnr": psnr(shrunk_array, small), "seconds": spent}


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Run what has not been run; returns the rows that were asked for."""
    photos = sorted(p for p in arguments.folder.iterdir() if p.suffix.lower() in SUFFIXES)
    brush = load_brush(arguments.brush)
    book = Book(arguments.out / "painting.jsonl", __file__, brush=brush.name)
    asked, rows = set(arguments.parts), []
    asked |= {"preview"} if asked & set(OF_PREVIEW) else set()
    parts: dict[str, Callable[[Path, Brush, Path], Row]] = {
        "preview": preview,
        "neural": neural,
        "seams": seams,
        "replay": replay,
        "tiny": tiny,
        "rival": rival,
        "standard": standard,
    }
    for number, path in enumerate(photos[: arguments.photos]):
        for part, function in parts.items():
            if part not in asked or (part == "rival" and number >= arguments.rivals):
                continue
            what = picture_of(path) | {"part": part}
            row = book.find(what)
            if row is None:
                keep = place_of(path, book.folder, "preview" if part in OF_PREVIEW else part)
                found = function(path, brush, keep)
                row = book.add(what, {name: round(value, 4) for name, value in found.items()})
                print(json.dumps(row), flush=True)
            rows.append(row)
    return rows


def table(rows: list[Row]) -> str:
    """The means, as Markdown."""

    def of(part: str, name: str, how: Callable[[list[float]], Any] = np.mean) -> float:
        values = [row[name] for row in rows if row["what"]["part"] == part]
        return float(how(values)) if values else float("nan")

    count = len([row for row in rows if row["what"]["part"] == "preview"])
    full = len([row for row in rows if row["what"]["part"] == "standard"])
    lines = [
        "| | target | measured |",
        "|---|---|---|",
        f"| preview, {PREVIEW:,} strokes, 512 px ({count} photographs) | ≥ 22 dB, ≤ 20 s "
        f"| {of('preview', 'psnr'):.2f} dB, {of('preview', 'seconds'):.1f} s "
        f"({of('preview', 'cpu'):.1f} CPU-s) |",
        f"| the same drawn at 768 px, against the whole photograph | "
        f"| {of('preview', 'psnr_768'):.2f} dB |",
        f"| standard, {STANDARD:,} strokes, 768 px ({full} photographs) | ≥ 24.5 dB, SSIM ≥ .75, "
        f"≤ 120 s | {of('standard', 'psnr'):.2f} dB, {of('standard', 'ssim'):.3f}, "
        f"{of('standard', 'seconds'):.1f} s ({of('standard', 'cpu'):.1f} CPU-s) |",
        f"| 64×64, {TINY} strokes | ≥ 20 dB, ≤ 10 s | {of('tiny', 'psnr'):.2f} dB, "
        f"{of('tiny', 'seconds'):.1f} s |",
        f"| RMSprop .01, 3,000 steps, beside it | | {of('rival', 'psnr'):.2f} dB, "
        f"{of('rival', 'seconds'):.0f} s |",
        f"| network against engine, same strokes | ≤ .3 dB | mean {of('neural', 'apart'):.2f}, "
        f"most {of('neural', 'apart', max):.2f} dB |",
        f"| error within 4 px of a border, against elsewhere | ≤ 1.1 "
        f"| mean {of('seams', 'near_against_elsewhere'):.3f}, "
        f"most {of('seams', 'near_against_elsewhere', max):.3f} |",
        f"| drawn at 4,096 px and shrunk, against 512 px | ≥ 30 dB | least "
        f"{of('replay', 'psnr', min):.1f} dB, {of('replay', 'seconds'):.1f} s |",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="photographs")
    parser.add_argument("--photos", type=int, default=None, help="only the first K")
    parser.add_argument("--rivals", type=int, default=2, help="photographs for the slow rival")
    parser.add_argument("--brush", default=Order(Plan()).brush, choices=BRUSHES)
    parser.add_argument("--out", type=Path, default=Path("painting-bench"))
    every = ["preview", "neural", "seams", "replay", "tiny", "rival", "standard"]
    parser.add_argument("--parts", nargs="+", default=every, choices=every)
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    rows = measure(arguments)
    print(f"\n{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB\n")
    print(table(rows))


if __name__ == "__main__":
    main()
