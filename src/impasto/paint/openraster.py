"""`painting.ora`: layers that Krita, MyPaint and GIMP open (OpenRaster 0.0.5)."""

import zipfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.console import track
from impasto.core.files import atomic_writer
from impasto.core.images import Picture, encode
from impasto.paint.canvas import BAND_PIXELS, bare, draw_painting, draw_patches, to_bytes, touch
from impasto.paint.document import Painting
from impasto.paint.weave import weave

LAYERS = 6
"""Into which a painting without layers of its own is divided, the first strokes lowest."""

UNPLANNED = "in no layer"
"""The name of the strokes that a plan leaves out, such as those that a pen would not show."""

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
    """The painting's layers, the lowest first: what is seen of each, in whatever order they lie.

    A plot for pens lies lightest first, in another order than the painting. So a layer's opacity
    is what shows of it, divided by what the layers above it let through: laid over each other the
    layers are the painting, whatever their order. In the painting's own order this is each layer's
    own opacity.
    """
    names, layer_of = _parts(painting)
    if not names:
        return
    width, height = painting.size_at(longer)
    layers = np.empty((len(names), height, width, 4), np.uint8)
    rows = max(1, BAND_PIXELS // (width * len(names)))
    tops = range(0, height, rows)
    for top in track(tops, "drawing the layers", len(tops)):
        band = layers[:, top : top + rows]
        band[:] = _band(painting, layer_of, longer, top, *band.shape[:3])
    for name, layer in zip(names, layers, strict=True):
        yield name, "svg:src-over", layer


def _parts(painting: Painting) -> tuple[list[str], NDArray[np.int64]]:
    """The layers' names, the lowest first, and the number of each stroke's layer."""
    strokes = len(painting.strokes)
    if not (painting.real and painting.real.coats):
        parts = [part for part in np.array_split(np.arange(strokes), LAYERS) if len(part)]
        names = [f"strokes {part[0] + 1} to {part[-1] + 1}" for part in parts]
        return names, np.repeat(np.arange(len(parts)), list(map(len, parts)))
    coats = painting.real.coats
    layer_of = np.zeros(strokes, np.int64)
    for number, coat in enumerate(coats, start=1):
        layer_of[list(coat.strokes)] = number
    names = [UNPLANNED, *(coat.name for coat in coats)]
    bare = not (layer_of == 0).any()
    return names[bare:], layer_of - bare


def _band(
    painting: Painting,
    layer_of: NDArray[np.int64],
    longer: int,
    top: int,
    layers: int,
    height: int,
    width: int,
) -> NDArray[np.uint8]:
    """Rows of all layers: (L, height, width, 4), the colours not multiplied by the opacity."""
    share = np.zeros((layers, height, width), np.float32)
    colour = np.zeros((layers, height, width, 3), np.float32)
    through = np.ones((height, width), np.float32)
    here = np.flatnonzero(touch(painting.strokes, top, top + height, longer))[::-1]
    downwards = painting.strokes[here]
    places = (longer, height, width, top)
    patches = draw_patches(downwards, painting.brush, painting.seed, *places)
    for patch, paint, layer in zip(patches, downwards.colours, layer_of[here], strict=True):
        place = patch.rows, patch.columns
        seen = patch.alpha * through[place]
        share[layer][place] += seen
        colour[layer][place] += seen[..., None] * paint
        through[place] -= seen
    colour /= np.maximum(share, 1e-6)[..., None]
    above = np.cumsum(share[::-1], 0)[::-1] - share
    alpha = share / np.maximum(1 - above, 1e-6)
    return to_bytes(np.concatenate([colour, alpha[..., None]], 3))
