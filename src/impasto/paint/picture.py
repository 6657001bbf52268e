"""A picture to paint: read safely, upright, in RGB, no larger than the canvas that is worked on."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.images import FILTER, Picture
from impasto.data.decode import to_array
from impasto.data.picture import read_file, read_subject, say_if_animated
from impasto.errors import ImpastoError
from impasto.paint.strokes_file import SHORTEST_SHARE
from impasto.prepare.measures import find_borders

BORROWED, LEAST_BORROWED = 512, 16
"""Pixels of the longer side at which a painting is borrowed from; those that a side keeps."""

MOST_READ = 2048
"""Pixels of the longer side at which a photograph is read, if it is no panorama."""

NARROW, LONGER = 512, 4
"""Pixels that a panorama's shorter side keeps where its longer one has no more than `LONGER`
times what others have."""

Array = NDArray[np.float32]


def read_picture(path: Path, longer: int | None = None) -> Picture:
    """Read a photograph: JPEG, PNG, WebP, TIFF and others, of any mode, EXIF-rotated or not.

    Args:
        path: the file.
        longer: shrink it so that its longer side has at most this many pixels.

    Returns:
        (H, W, 3), uint8; transparent parts are white.

    Raises:
        ImpastoError: it is no picture, too small, too narrow, too large or fully transparent.
    """
    return _read(path, lambda width, height: longer or max(width, height))


def _read(path: Path, longest: Callable[[int, int], int], aloud: bool = False) -> Picture:
    decoded = read_subject(path, "paint", partial(_wanted, longest))
    short, long = sorted((decoded.width, decoded.height))
    size = f"{decoded.width}×{decoded.height} pixels"
    if short < SHORTEST_SHARE * long:
        raise ImpastoError(f"{path} has {size}, too narrow to paint; crop it first.")
    if aloud:
        say_if_animated(path, decoded)
    return to_array(fitted(decoded.image, longest(decoded.width, decoded.height)))


def read_photograph(path: Path) -> Picture:
    """Read a picture to paint, no larger than it is needed for that.

    Of an animation the first frame is read, which is said.

    Raises:
        ImpastoError: as `read_picture`.
    """
    return _read(path, lambda width, height: most(width, height, MOST_READ), aloud=True)


def most(width: int, height: int, usual: int) -> int:
    """Pixels of the longer side: as usual, and more for a panorama, lest it becomes a thread.

    Args:
        width: of the picture, in pixels or any other unit.
        height: of it.
        usual: for what is no panorama.
    """
    short, long = sorted((width, height))
    return max(usual, min(LONGER * usual, round(NARROW * long / short)))


def read_painting(path: Path) -> Picture:
    """Read a painting whose colours or texture are borrowed, without its letterbox or mount.

    Returns:
        (H, W, 3), uint8, the longer side of the file at most `BORROWED` pixels.

    Raises:
        ImpastoError: as `read_picture`.
    """
    picture = read_picture(path, BORROWED)
    while True:  # bars on all sides of something narrow show one pair after the other
        left, top, right, bottom = find_borders(picture)
        inner = picture[top:bottom, left:right]
        if inner.shape == picture.shape or min(inner.shape[:2]) < LEAST_BORROWED:
            return picture
        picture = np.ascontiguousarray(inner)


def read_care(path: Path, width: int, height: int) -> Array:
    """Read a mask: white is painted carefully, black hardly, grey between.

    What is transparent counts as black: in a program of layers the mask is white paint on nothing.

    Returns:
        (height, width), in [.02, 1]: nothing is left out altogether.

    Raises:
        ImpastoError: it is no picture, or it is black all over.
    """
    grey = read_file(path, matte=0).image.convert("L").resize((width, height), FILTER)
    share: Array = np.asarray(grey, np.float32) / np.float32(255)
    if share.max() < 0.05:
        raise ImpastoError(f"--mask {path} is black all over; paint white where detail matters.")
    return np.asarray(np.maximum(share, 0.02), np.float32)


def example() -> Path | None:
    """A photograph that may be shown, where scikit-image is installed: the astronaut (NASA)."""
    from impasto.models.pretrained import package_file  # which loads slowly

    try:
        return package_file("skimage", "astronaut.png")
    except ImpastoError:
        return None


def fitted(image: Image.Image, longer: int | None) -> Image.Image:
    """The image, shrunk until its longer side has at most `longer` pixels."""
    if longer is None or max(image.size) <= longer:
        return image
    scale = longer / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, FILTER)


def _wanted(longest: Callable[[int, int], int], width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, longest(width, height) / max(width, height))
    return round(width * scale), round(height * scale)
