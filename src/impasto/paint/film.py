"""The film of a painting: strokes appear one by one and grow along their path, first slowly."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from impasto.brush.actions import curve
from impasto.core.console import track
from impasto.core.images import Picture
from impasto.core.video import write_film
from impasto.paint.canvas import Patch, bare, draw_patches, lay, to_bytes
from impasto.paint.document import Painting, Strokes
from impasto.paint.hand.steps import captions
from impasto.paint.weave import weave

FRAMES = 30.0
"""A second."""

LONGEST = 720
"""The longer side in pixels."""

STRIP = 28
"""Pixels below the picture for a step's name."""

HOLD = 2.0
"""Seconds that the finished painting stays at the end, at most a quarter of the film."""

Array = NDArray[np.float32]


def save_film(painting: Painting, path: Path, seconds: float = 14.0) -> int:
    """Write an MP4, GIF or WebP of the painting being painted, then held; `seconds` in all.

    Returns:
        The number of frames.
    """
    fps = 15.0 if path.suffix.lower() == ".gif" else FRAMES
    hold = round(min(HOLD, seconds / 4) * fps)
    count = max(1, round(seconds * fps) - hold)
    frames = film_frames(painting, count, hold)
    return write_film(path, track(frames, "filming", count + hold, "frames"), fps)


def film_frames(painting: Painting, count: int, hold: int) -> Iterator[Picture]:
    """`count` frames of painting and `hold` of the finished picture; one is in memory at a time."""
    longer = min(LONGEST, painting.longer)
    width, height = painting.size_at(longer)
    cloth = weave(painting.texture, range(height), width, longer)[..., None]
    canvas, strokes = bare(painting, height, width), painting.strokes
    places = (longer, height, width)
    coming = draw_patches(strokes, painting.brush, painting.seed, *places)
    laid, names = 0, captions(painting)
    patch: Patch | None = None
    for frame in range(count):
        due = progress((frame + 1) / count, len(strokes))
        while laid < math.floor(due):
            patch = patch or next(coming)
            lay(canvas, patch, strokes.colours[laid])
            laid, patch = laid + 1, None
        shown = canvas
        part = due - laid
        if part > 0 and laid < len(strokes):
            patch = patch or next(coming)
            shown = canvas.copy()
            lay(shown, grown(patch, strokes, laid, part, longer), strokes.colours[laid])
        yield _named(to_bytes(shown * cloth), names, min(laid, len(names) - 1))
    for _ in range(hold):
        yield _named(to_bytes(canvas * cloth), names, len(names) - 1)


def _named(frame: Picture, names: list[str], number: int) -> Picture:
    """The frame with a strip below that says which step this is; as it is without names."""
    if not names:
        return frame
    height, width, _ = frame.shape
    sheet = Image.new("RGB", (width, height + STRIP), "white")
    sheet.paste(Image.fromarray(frame))
    pen, size = ImageDraw.Draw(sheet), STRIP * 0.55
    while size > 6 and pen.textlength(names[number], ImageFont.load_default(size)) > width - 12:
        size -= 1
    place = (6, height + STRIP / 2)
    pen.text(place, names[number], "black", ImageFont.load_default(size), anchor="lm")
    return np.asarray(sheet)


def progress(time: float, strokes: int) -> float:
    """How many strokes are laid at a share of the film's time, both growing smoothly.

    Exponential: at first a stroke takes a sixth of a second or so, in the end hundreds go by in
    a frame, because each is smaller; the last ones ease out.
    """
    if not strokes or time >= 1:
        return float(strokes)
    eased = time * (2 - time) if strokes < 50 else time + 0.3 * time * (1 - time)
    rate = math.log(1 + strokes / 12)
    return strokes * math.expm1(rate * eased) / math.expm1(rate)


def grown(patch: Patch, strokes: Strokes, index: int, part: float, longer: int) -> Patch:
    """The first `part` of a stroke: what lies nearest to that part of its path."""
    left, top, side = strokes.squares[index] * longer
    points = curve(strokes.geometry[index : index + 1], 24)[0] * side + (left, top)
    x = np.arange(patch.columns.start, patch.columns.stop, dtype=np.float32) + 0.5
    y = np.arange(patch.rows.start, patch.rows.stop, dtype=np.float32) + 0.5
    best, nearest = np.full(patch.alpha.shape, np.inf, np.float32), np.zeros_like(patch.alpha)
    for number, (px, py) in enumerate(points):
        distance = np.square(y - py)[:, None] + np.square(x - px)[None]
        nearer = distance < best
        nearest[nearer] = number / (len(points) - 1)
        best = np.minimum(best, distance)
    reveal = np.clip((part * 1.1 - nearest) / 0.1, 0, 1)
    return Patch(patch.alpha * reveal.astype(np.float32), patch.rows, patch.columns)
