"""A canvas that somebody began: photographed, brought upright, painted on."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.core.images import FILTER, Picture
from impasto.errors import ImpastoError
from impasto.paint.corners import Points, clockwise, find_corners
from impasto.paint.picture import read_picture
from impasto.paint.plot.sheet import Sheet

LARGEST = 3_000
"""Pixels of the longer side of the photograph that are looked at."""

SMALLEST_SIDE = 16.0
"""Pixels."""

_CORNER = re.compile(r"(\d{1,6}(?:\.\d{1,3})?),(\d{1,6}(?:\.\d{1,3})?)")


@dataclass(frozen=True)
class BegunCanvas:
    """A photograph of it."""

    path: Path
    picture: Picture
    corners: Points | None
    """(4, 2), as shares of the photograph's sides; None: they are to be found."""

    def upright(self, width: int, height: int, sheet: Sheet | None = None) -> Picture:
        """The painting's place on the canvas as seen from its front: (height, width, 3), uint8.

        Args:
            width: in pixels.
            height: in pixels.
            sheet: where on the canvas the painting lies; all over it if not given.

        Raises:
            ImpastoError: no canvas is found.
        """
        tall, wide = self.picture.shape[:2]
        aspect = sheet.width / sheet.height if sheet else width / height
        if self.corners is not None:
            corners = self.corners * (wide, tall)
        else:
            found = find_corners(self.picture, aspect)
            if found is None:
                raise ImpastoError(
                    f"--from-canvas {self.path}: no canvas of this shape is found for certain; "
                    "photograph it whole before an even wall, or give its corners in pixels: "
                    "--corners '40,30 1900,55 1880,1420 35,1400'."
                )
            corners = found
        place = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
        if sheet:
            across = np.array([sheet.across / sheet.width, sheet.down / sheet.height])
            left = np.array([sheet.left / sheet.width, sheet.top / sheet.height])
            place = (place - left) / across  # the canvas's corners, in shares of the painting
        sides = np.hypot(*(np.roll(corners, -1, 0) - corners).T)
        scale = max(1.0, float(sides.max()) / max(width, height))
        size = round(width * scale), round(height * scale)
        matrix = _perspective(place * size, corners)
        flat = Image.fromarray(self.picture).transform(
            size, Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BICUBIC
        )
        return np.asarray(flat.resize((width, height), FILTER))


def read_begun(path: Path, corners: str | None) -> BegunCanvas:
    """Read `--from-canvas` and `--corners`.

    Raises:
        ImpastoError: it is no picture, or these are no four corners of a canvas on it.
    """
    whole = read_picture(path)
    tall, wide = whole.shape[:2]
    given = None if corners is None else parse_corners(corners, wide, tall) / (wide, tall)
    scale = LARGEST / max(tall, wide)
    if scale < 1:
        size = (round(wide * scale), round(tall * scale))
        whole = np.asarray(Image.fromarray(whole).resize(size, FILTER))
    return BegunCanvas(path, whole, given)


def parse_corners(text: str, width: int, height: int) -> Points:
    """Read `x,y x,y x,y x,y`, in any order: (4, 2), clockwise from the upper left.

    Semicolons may stand between them, and spaces around each comma.

    Raises:
        ImpastoError: they are not four corners, or no quadrilateral on such a picture.
    """
    close = re.sub(r"\s*,\s*", ",", text.strip())
    parts = [_CORNER.fullmatch(part) for part in re.split(r"[;\s]+", close)]
    if len(parts) != 4 or not all(parts):
        raise ImpastoError(
            f"--corners {text}: give the canvas's four corners in pixels of its photograph, such "
            "as '40,30 1900,55 1880,1420 35,1400'."
        )
    points = clockwise(np.array([[float(part[1]), float(part[2])] for part in parts if part]))
    if (points > (width, height)).any():
        raise ImpastoError(
            f"--corners {text}: a corner lies outside the photograph ({width}×{height} pixels)."
        )
    ways = np.roll(points, -1, 0) - points
    after = np.roll(ways, -1, 0)
    turns = ways[:, 0] * after[:, 1] - ways[:, 1] * after[:, 0]
    if (turns <= 0).any() or np.hypot(*ways.T).min() < SMALLEST_SIDE:
        raise ImpastoError(f"--corners {text}: these four points are not the corners of a canvas.")
    return points


def _perspective(seen: Points, corners: Points) -> tuple[float, ...]:
    """Pillow's eight numbers: which point of the photograph is seen at a point of the result."""
    rows, values = [], []
    for (x, y), (u, v) in zip(seen.tolist(), corners.tolist(), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(values)).tolist())
