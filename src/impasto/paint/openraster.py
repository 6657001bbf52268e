"""`painting.ora`: layers that Krita, MyPaint and GIMP open (OpenRaster 0.0.5)."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.core.console import track
from impasto.core.files import atomic_writer
from impasto.core.images import Picture, encode
from impasto.paint.canvas import bare, draw_painting, to_bytes
from impasto.paint.document import Painting, Strokes
from impasto.paint.weave import weave

LAYERS = 6
"""Into which a painting without layers of its own is divided, the first strokes lowest."""

THUMBNAIL = 256


def save_ora(painting: Painting, path: Path, longer: int | None = None) -> None:
    """Write the painting as layers, atomically.

    Args:
        painting: its own layers if it has them, else its strokes in `LAYERS` parts.
        path: the file.
        longer: pixels of the longer side; as it was painted if not given.
    """
    longer = longer or painting.longer
    width, height = painting.size_at(longer)
    whole = draw_painting(painting, longer)
    ground = to_bytes(bare(painting, height, width))
    layers = [("ground", "svg:src-over", ground), *_coats(painting, longer)]
    if painting.texture != "none":
        cloth = weave(painting.texture, range(height), width, longer)
        grey = to_bytes(np.repeat(cloth[..., None], 3, 2))  # this way it can only darken
        layers.append((painting.texture, "svg:multiply", grey))
    stack = [
        f'<layer name="{escape(name, quote=True)}" src="data/{number}.png" x="0" y="0" '
        f'opacity="1.0" visibility="visible" composite-op="{way}"/>'
        for number, (name, way, _) in reversed(list(enumerate(layers)))  # the topmost first
    ]
    small = Image.fromarray(whole)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    with atomic_writer(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "image/openraster")  # first, and as it is
        archive.writestr(
            "stack.xml",
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<image version="0.0.5" w="{width}" h="{height}"><stack>{"".join(stack)}</stack>'
            "</image>\n",
        )
        for number, (_, _, picture) in enumerate(layers):
            archive.writestr(f"data/{number}.png", encode(picture))
        archive.writestr("mergedimage.png", encode(whole))
        archive.writestr("Thumbnails/thumbnail.png", encode(np.asarray(small)))


def _coats(painting: Painting, longer: int) -> Iterator[tuple[str, str, Picture]]:
    for name, strokes in _parts(painting):
        yield name, "svg:src-over", _transparent(replace(painting, strokes=strokes), longer)


def _parts(painting: Painting) -> Iterator[tuple[str, Strokes]]:
    if painting.real and painting.real.coats:
        for coat in painting.real.coats:
            yield coat.name, painting.strokes[np.array(coat.strokes, int)]
        return
    count = min(LAYERS, len(painting.strokes))
    for part in np.array_split(np.arange(len(painting.strokes)), count) if count else []:
        yield f"strokes {part[0] + 1} to {part[-1] + 1}", painting.strokes[part]


def _transparent(painting: Painting, longer: int) -> Picture:
    """Strokes on nothing: (H, W, 4), from the same drawn on black and on white."""
    black, white = (
        draw_painting(
            replace(painting, ground=(shade, shade, shade), texture="none", begun=None),
            longer,
            track=lambda strokes, total: track(strokes, "drawing a layer", total),
        ).astype(np.float32)
        for shade in (0.0, 1.0)
    )
    alpha = np.clip(255 - (white - black).mean(2, keepdims=True), 0, 255)
    colour = np.clip(black / np.maximum(alpha / 255, 1 / 255), 0, 255)
    return np.asarray(np.rint(np.concatenate([colour, alpha], 2)), np.uint8)
