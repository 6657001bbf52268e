"""Where the swatches are on a photograph of a plain card: they stand out, and stand in a grid."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.images import FILTER, Picture
from impasto.errors import ImpastoError

SIDE = 320
"""Pixels of the longer side of the picture that is searched."""

RIM = 0.04
"""Of each side, along the picture's edges: there the card is bare."""

PLAIN, STANDS_OUT = 16.0, 22.0
"""Grey levels by which the bare card may differ from even light, and a swatch must differ."""

BARE = 0.9
"""Share of the rim that must be plain."""

ALIKE = 0.3
"""Of the usual swatch's area: what is smaller is writing or a speck."""

FILLED = 0.6
"""Of its box, a swatch covers at least."""

INNER = 0.5
"""Of a swatch's width and height, in its middle, is measured."""

Box = tuple[int, int, int, int]
Array = NDArray[np.float64]


class Found(NamedTuple):
    """A swatch."""

    box: Box
    """Left, top, width and height of its middle, in pixels of the photograph."""

    card: Array
    """(3,), the card's own colour there, sRGB in [0, 1]."""


class _Blob(NamedTuple):
    left: int
    top: int
    right: int
    bottom: int
    area: int

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def find_swatches(picture: Picture, count: int, where: str) -> tuple[list[Found], int]:
    """Find swatches, in the order in which one reads: from the left, row by row.

    Args:
        picture: (H, W, 3), uint8.
        count: how many there must be.
        where: the photograph's name, for the error.

    Returns:
        The swatches, and how many there are in a row.

    Raises:
        ImpastoError: the card is not plain, another number of swatches stands out, or they are no
            grid.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = np.asarray(Image.fromarray(picture).resize(size, FILTER), np.float64)
    card = _card(small, where)
    blobs = _blobs(np.abs(small - card).max(2) > STANDS_OUT)
    areas = sorted((blob.area for blob in blobs), reverse=True)[:count]
    usual = float(np.median(areas)) if areas else 0.0
    swatches = [blob for blob in blobs if blob.area >= ALIKE * usual]
    if len(swatches) != count:
        raise ImpastoError(
            f"{where}: {len(swatches)} swatches stand out from the card, but {count} paints are to "
            "be found; keep them apart from each other and from the edge, give a white paint as a "
            "colour (white: '#f6f6f6'), or give each place: white: [left, top, width, height]."
        )
    rows = _rows(swatches, where)
    across, down = width / size[0], height / size[1]
    found = []
    for blob in (blob for row in rows for blob in row):
        middle, high, wide = blob.middle, blob.bottom - blob.top, blob.right - blob.left
        left, top = middle[0] - INNER * wide / 2, middle[1] - INNER * high / 2
        box = (
            *(int(left * across), int(top * down)),
            *(max(1, int(INNER * wide * across)), max(1, int(INNER * high * down))),
        )
        found.append(Found(box, card[int(middle[1]), int(middle[0])] / 255))
    return found, len(rows[0])


def _card(picture: Array, where: str) -> Array:
    """The card as it would look without swatches: its rim, and light that falls off evenly."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    wide = max(2, round(RIM * min(height, width)))
    rim = np.ones((height, width), bool)
    rim[wide:-wide, wide:-wide] = False
    known = np.stack([np.ones(rim.sum()), rows[rim], columns[rim]], 1)
    plane = np.median(picture[rim], 0) * [[1], [0], [0]]
    for _ in range(4):  # what lies there beside the card's own colour is left out
        apart = np.abs(picture[rim] - known @ plane).max(1)
        plain = apart < max(PLAIN, float(np.median(apart)))
        plane = np.linalg.lstsq(known[plain], picture[rim][plain], rcond=None)[0]
    apart = np.abs(picture[rim] - known @ plane).max(1)
    if (apart < PLAIN).mean() < BARE:
        raise ImpastoError(
            f"{where}: the card is not plain along its edges, so its swatches are not found; crop "
            "the photograph to the card, or give each swatch's place: "
            "white: [left, top, width, height]."
        )
    return np.stack([np.ones((height, width)), rows, columns], 2) @ plane


def _blobs(mask: NDArray[np.bool_]) -> list[_Blob]:
    """Connected regions that fill their boxes."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:  # each pixel takes the largest number of those beside it
        wide = np.pad(labels, 1)
        spread = np.maximum.reduce(
            [labels, wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:]]
        )
        spread[~mask] = 0
        if np.array_equal(spread, labels):
            break
        labels = spread
    blobs = []
    rows, columns = np.nonzero(labels)
    names, which = np.unique(labels[rows, columns], return_inverse=True)
    for number in range(len(names)):
        own = which == number
        left, top = int(columns[own].min()), int(rows[own].min())
        right, bottom = int(columns[own].max()) + 1, int(rows[own].max()) + 1
        area = int(own.sum())
        if area >= FILLED * (right - left) * (bottom - top):
            blobs.append(_Blob(left, top, right, bottom, area))
    return blobs


def _rows(swatches: list[_Blob], where: str) -> list[list[_Blob]]:
    """Rows of as many swatches below each other; the last one may have fewer."""
    high = float(np.median([blob.bottom - blob.top for blob in swatches]))
    wide = float(np.median([blob.right - blob.left for blob in swatches]))
    rows: list[list[_Blob]] = []
    for blob in sorted(swatches, key=lambda one: one.middle[1]):
        if rows and blob.middle[1] - rows[-1][0].middle[1] < high / 2:
            rows[-1].append(blob)
        else:
            rows.append([blob])
    rows = [sorted(row, key=lambda one: one.middle[0]) for row in rows]
    full = len(rows[0])
    even = all(len(row) == full for row in rows[:-1]) and len(rows[-1]) <= full
    if not even or any(
        abs(blob.middle[0] - above.middle[0]) > wide / 2
        for row in rows
        for blob, above in zip(row, rows[0], strict=False)
    ):
        raise ImpastoError(
            f"{where}: the swatches do not form a grid, so it is not certain which is which; hold "
            "the camera straight, or give each place: white: [left, top, width, height]."
        )
    return rows
