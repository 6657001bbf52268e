"""`painting.ora`: layers that Krita, MyPaint and GIMP open (OpenRaster 0.0.5)."""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.console import counted, one_line, track
from impasto.core.files import atomic_writer
from impasto.core.images import Picture, encode
from impasto.errors import ImpastoError
from impasto.paint.canvas import BAND_PIXELS, bare, draw_painting, draw_patches, to_bytes, touch
from impasto.paint.document import Painting
from impasto.paint.weave import weave

LAYERS = 6
"""Into which a painting without layers of its own is divided, the first strokes lowest."""

UNPLANNED = "in no layer"
"""The name of the strokes that a plan leaves out, such as those that a pen would not show."""

THUMBNAIL = 256

MOST_PIXELS = 2**33
"""Of all layers together: a hundred of 594 × 841 mm at 300 dots an inch."""


def save_ora(painting: Painting, path: Path, longer: int | None = None) -> None:
    """Write the painting as layers, atomically, with one layer in memory at a time.

    Args:
        painting: its own layers if it has them, else its strokes in `LAYERS` parts.
        path: the file.
        longer: pixels of the longer side; as it was painted if not given.

    Raises:
        ImpastoError: so many layers of this size are more than `MOST_PIXELS`.
    """
    longer = longer or painting.longer
    width, height = painting.size_at(longer)
    names, layer_of = _parts(painting)
    if len(names) * width * height > MOST_PIXELS:
        raise ImpastoError(
            f"--ora: {counted(len(names), 'layer')} of {width}×{height} pixels are too many; ask "
            "for fewer pixels (--size, --print), or leave --ora out."
        )
    whole = draw_painting(painting, longer)
    ways = [("ground", "svg:src-over"), *((name, "svg:src-over") for name in names)]
    if painting.texture != "none":
        ways.append((painting.texture, "svg:multiply"))
    stack = [
        f'<layer name="{escape(one_line(name), quote=True)}" src="data/{number}.png" x="0" y="0" '
        f'opacity="1.0" visibility="visible" composite-op="{way}"/>'
        for number, (name, way) in reversed(list(enumerate(ways)))  # the topmost first
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
        pictures = _pictures(painting, layer_of, len(names), longer, path.parent)
        for number, picture in enumerate(pictures):
            archive.writestr(f"data/{number}.png", encode(picture))
        archive.writestr("mergedimage.png", encode(whole))
        archive.writestr("Thumbnails/thumbnail.png", encode(np.asarray(small)))


def _pictures(
    painting: Painting, layer_of: NDArray[np.int64], count: int, longer: int, folder: Path
) -> Iterator[Picture]:
    """The ground, each layer and the weave, the lowest first."""
    width, height = painting.size_at(longer)
    yield to_bytes(bare(painting, height, width))
    if count:
        yield from _coats(painting, layer_of, count, longer, folder)
    if painting.texture != "none":
        cloth = weave(painting.texture, range(height), width, longer)
        yield to_bytes(np.repeat(cloth[..., None], 3, 2))  # this way it can only darken


def _coats(
    painting: Painting, layer_of: NDArray[np.int64], count: int, longer: int, folder: Path
) -> Iterator[Picture]:
    """The painting's layers, the lowest first: what is seen of each, in whatever order they lie.

    A plot for pens lies lightest first, in another order than the painting. So a layer's opacity
    is what shows of it, divided by what the layers above it let through: laid over each other the
    layers are the painting, whatever their order. In the painting's own order this is each layer's
    own opacity.

    All layers are drawn band by band, since each stroke hides some of others. The bands wait in a
    file in `folder` until their layer's turn.
    """
    width, height = painting.size_at(longer)
    rows = max(1, BAND_PIXELS // (width * count))
    tops = range(0, height, rows)
    kept: list[list[tuple[int, int, int]]] = [[] for _ in range(count)]
    with tempfile.TemporaryFile(dir=folder) as store:
        for top in track(tops, "drawing the layers", len(tops)):
            here = min(rows, height - top)
            for layer, band in _band(painting, layer_of, longer, top, here, width):
                packed = zlib.compress(band.tobytes(), 1)
                kept[layer].append((top, store.tell(), len(packed)))
                store.write(packed)
        for bands in kept:
            picture = np.zeros((height, width, 4), np.uint8)
            for top, place, size in bands:
                store.seek(place)
                seen = np.frombuffer(zlib.decompress(store.read(size)), np.uint8)
                picture[top : top + rows] = seen.reshape(-1, width, 4)
            yield picture


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
    height: int,
    width: int,
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Rows of the layers that are met in them: number, and (height, width, 4).

    The colours are not multiplied by the opacity.
    """
    here = np.flatnonzero(touch(painting.strokes, top, top + height, longer))[::-1]
    met, of = np.unique(layer_of[here], return_inverse=True)
    share = np.zeros((len(met), height, width), np.float32)
    colour = np.zeros((len(met), height, width, 3), np.float32)
    through = np.ones((height, width), np.float32)
    downwards = painting.strokes[here]
    places = (longer, height, width, top)
    patches = draw_patches(downwards, painting.brush, painting.seed, *places)
    for patch, paint, layer in zip(patches, downwards.colours, of.tolist(), strict=True):
        place = patch.rows, patch.columns
        seen = patch.alpha * through[place]
        share[layer][place] += seen
        colour[layer][place] += seen[..., None] * paint
        through[place] -= seen
    colour /= np.maximum(share, 1e-6)[..., None]
    above = np.cumsum(share[::-1], 0)[::-1] - share
    alpha = share / np.maximum(1 - above, 1e-6)
    for at, layer in enumerate(met.tolist()):
        yield layer, to_bytes(np.concatenate([colour[at], alpha[at][..., None]], 2))
