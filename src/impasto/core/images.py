"""Pictures as arrays: grids, saving, embedding in pages, and the one resize filter.

The filter is Pillow's bicubic, which widens its support when it shrinks (antialiasing).
The choice of filter alone moves FID, so one filter serves everywhere: in `prepare`,
in previews, and before feature networks (Parmar et al. 2022, "On Aliased Resizing").
"""

import base64
import io
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.files import write_bytes
from impasto.core.notes import NOTHING, Notes
from impasto.errors import ImpastoError
from impasto.reading import open_file

FILTER = Image.Resampling.BICUBIC
"""The only filter for resizing, antialiased."""

Picture = NDArray[np.uint8]
"""HWC, RGB, 0–255."""


LARGEST_SHEET = 2**30
"""Most bytes of a picture that we have made."""

UNREADABLE = (
    *(ImpastoError, OSError, ValueError, SyntaxError, EOFError, MemoryError),
    Image.DecompressionBombError,
)
"""What `open_file` and Pillow raise if a file is missing, damaged or not a picture."""


def is_whole(path: Path) -> bool:
    """Whether a picture that we have made exists and can be read."""
    try:
        with open_file(path, "a sheet", LARGEST_SHEET) as file, Image.open(file) as picture:
            picture.load()
    except UNREADABLE:
        return False
    return True


def grid(pictures: NDArray[np.uint8], columns: int | None = None, gap: int = 2) -> Picture:
    """Lay pictures out on a white sheet.

    Args:
        pictures: (N, H, W, 3), uint8.
        columns: pictures in a row; by default the sheet is as square as possible.
        gap: white pixels between and around.

    Returns:
        One picture, HWC.
    """
    count, height, width, _ = pictures.shape
    columns = min(count, columns or math.ceil(math.sqrt(count)))
    rows = math.ceil(count / columns)
    sheet = np.full(
        (rows * (height + gap) + gap, columns * (width + gap) + gap, 3), 255, dtype=np.uint8
    )
    for number, picture in enumerate(pictures):
        top = gap + number // columns * (height + gap)
        left = gap + number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def within(pictures: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Pictures (N, H, W, 3), uint8, reduced if their longer side exceeds `longest`."""
    height, width = pictures.shape[1:3]
    scale = longest / max(height, width)
    if scale >= 1:
        return pictures
    size = (round(width * scale), round(height * scale))
    return np.stack([np.asarray(Image.fromarray(each).resize(size, FILTER)) for each in pictures])


def encode(picture: Picture, kind: str = "png", quality: int = 90, notes: Notes = NOTHING) -> bytes:
    """Encode one picture as `png`, `jpeg` or `webp`, with its notes."""
    buffer = io.BytesIO()
    image = Image.fromarray(picture)
    image.save(buffer, format=kind.upper(), quality=quality, **notes.options(kind))
    return buffer.getvalue()


def kind_of(path: Path) -> str:
    """The format that a file's suffix names: `png`, `jpeg`, `webp`."""
    suffix = path.suffix.lower().lstrip(".")
    return "jpeg" if suffix == "jpg" else suffix


def save(picture: Picture, path: Path, quality: int = 90, notes: Notes = NOTHING) -> None:
    """Save a picture atomically; the suffix names the format."""
    write_bytes(path, encode(picture, kind_of(path), quality, notes))


def data_uri(picture: Picture, kind: str = "webp", quality: int = 85) -> str:
    """A picture as a `data:` address, so that a page needs no other file."""
    return f"data:image/{kind};base64,{base64.b64encode(encode(picture, kind, quality)).decode()}"
