"""Bands of a file's own samples, laid one by one on one sheet of sRGB.

However deep the samples, only a band of them is held at a time: the sheet's 3 bytes a pixel and
what the decoder keeps are all that a picture costs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.data.decode.colour import Convert, Samples, eight_bits

BAND = 2**16
"""Pixels that are converted at a time."""

Where = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True)
class Band:
    """A part of a picture, in the file's own colours."""

    where: Where
    colour: Samples
    """(H, W, C)."""
    alpha: NDArray[np.uint8] | NDArray[np.uint16] | None = None
    """(H, W)."""
    premultiplied: bool = False


@dataclass
class Sheet:
    """A whole picture in sRGB."""

    rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    alpha: NDArray[np.uint8] | None
    """(H, W), where it was asked for and something is not opaque."""
    transparent: bool
    """Every pixel is fully transparent."""


def lay(
    width: int, height: int, bands: Iterable[Band], convert: Convert, matte: int | None
) -> Sheet:
    """Convert bands and lay them out.

    Args:
        width: of the sheet, in pixels.
        height: of the sheet.
        bands: which cover it.
        convert: a band's colours to sRGB.
        matte: the grey behind what is transparent; None to keep the transparency apart.
    """
    rgb = np.zeros((height, width, 3), np.uint8)
    alphas: NDArray[np.uint8] | None = None
    most, least = 0, 255
    for band in bands:
        if band.alpha is None:
            rgb[band.where] = convert(band.colour)
            most = 255
            continue
        colour = _divided(band.colour, band.alpha) if band.premultiplied else band.colour
        found, alpha = convert(colour), eight_bits(band.alpha)
        most, least = max(most, int(alpha.max())), min(least, int(alpha.min()))
        if matte is None:
            if alphas is None:
                alphas = np.full((height, width), 255, np.uint8)
            alphas[band.where] = alpha
        elif least < 255:
            found = _on_matte(found, alpha, matte)
        rgb[band.where] = found
    return Sheet(rgb, alphas if least < 255 else None, most == 0)


def _divided(colour: Samples, alpha: NDArray[np.uint8] | NDArray[np.uint16]) -> Samples:
    """Colours that were multiplied by their alpha, as they were."""
    most = np.iinfo(colour.dtype).max
    by = np.maximum(alpha, 1).astype(np.float32)[..., None]
    whole = np.minimum(np.rint(colour * (most / by)), most)
    if colour.dtype == np.uint8:
        return np.asarray(whole, np.uint8)
    return np.asarray(whole, np.uint16)


def _on_matte(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], matte: int) -> NDArray[np.uint8]:
    weight = alpha.astype(np.uint32)[..., None]
    mixed = rgb * weight + matte * (255 - weight)
    return np.asarray((mixed + 127) // 255, np.uint8)


def stripes(width: int, height: int) -> Iterator[tuple[int, int]]:
    """First and last row, exclusive, of bands from top to bottom."""
    rows = max(1, BAND // max(1, width))
    for top in range(0, height, rows):
        yield top, min(top + rows, height)


def to_array(image: Image.Image) -> NDArray[np.uint8]:
    """An RGB image as (H, W, 3); band by band, since Pillow's own way takes twice the memory."""
    width, height = image.size
    array = np.empty((height, width, 3), np.uint8)
    for top, bottom in stripes(width, height):
        array[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return array


def to_image(array: NDArray[np.uint8]) -> Image.Image:
    """(H, W, 3) as an RGB image, band by band; the array may be a turned view of another."""
    height, width = array.shape[:2]
    image = Image.new("RGB", (width, height))
    for top, bottom in stripes(width, height):
        image.paste(Image.fromarray(np.ascontiguousarray(array[top:bottom])), (0, top))
    return image


def turned(array: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """A picture (H, W, …) as its file's EXIF orientation, 1–8, wants it seen; a view."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):  # after the exchange of rows and columns
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return array
