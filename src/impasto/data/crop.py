"""How a picture becomes the set's size: the four fits."""

import math

import numpy as np
from PIL import Image

from impasto.core.images import FILTER, Picture
from impasto.sizes import Fit, PrepareFit

MOST_ALONG = 4
"""`many` cuts at most this many crops along an image's shorter side."""


def fit_picture(
    image: Image.Image, width: int, height: int, fit: Fit, matte: int = 255
) -> Image.Image:
    """Resize an RGB image to exactly `width` × `height` with the one antialiased filter.

    Args:
        image: RGB.
        width: in pixels.
        height: in pixels.
        fit: `crop` cuts the centre, `top-left` the upper left corner, `pad` keeps everything
            and fills up with `matte`, `stretch` ignores the aspect.
        matte: the grey (0–255) that `pad` fills with.
    """
    across, down = image.size
    if fit == "stretch":
        return image.resize((width, height), FILTER)
    if fit == "pad":
        scale = min(width / across, height / down)
        inner = (max(1, round(across * scale)), max(1, round(down * scale)))
        sheet = Image.new("RGB", (width, height), (matte,) * 3)
        at = ((width - inner[0]) // 2, (height - inner[1]) // 2)
        sheet.paste(image.resize(inner, FILTER), at)
        return sheet
    scale = max(width / across, height / down)
    box_width, box_height = min(across, width / scale), min(down, height / scale)
    centre = fit == "crop"
    left = (across - box_width) / 2 if centre else 0.0
    top = (down - box_height) / 2 if centre else 0.0
    # The box is in fractions of a pixel and resampled in one step: no rounding, no second blur.
    return image.resize(
        (width, height), FILTER, box=(left, top, left + box_width, top + box_height)
    )


def middle(picture: Picture, width: int, height: int) -> Picture:
    """The middle of a picture that is at least as large, pixel for pixel: (height, width, 3)."""
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return np.ascontiguousarray(picture[top : top + height, left : left + width])


def size_before_fit(across: int, down: int, width: int, height: int, fit: Fit) -> tuple[int, int]:
    """The size that a picture of `across` × `down` has once scaled, before anything is cut off."""
    if fit == "stretch":
        return width, height
    choose = min if fit == "pad" else max
    scale = choose(width / across, height / down)
    return max(1, math.ceil(across * scale)), max(1, math.ceil(down * scale))


def crops(
    image: Image.Image, width: int, height: int, fit: PrepareFit, matte: int = 255
) -> list[Picture]:
    """All pictures that the set takes from one image: one, or for `many` a grid of them.

    `many` scales the image by the least that makes an even grid of crops fit, so that none is
    enlarged and nothing is shown twice; an image too small for two is cropped at the centre.

    Returns:
        Pictures of (height, width, 3).
    """
    if fit != "many":
        return [np.asarray(fit_picture(image, width, height, fit, matte))]
    columns, rows = _grid(*image.size, width, height)
    if columns * rows == 1:
        return [np.asarray(fit_picture(image, width, height, "crop", matte))]
    sheet = fit_picture(image, columns * width, rows * height, "crop", matte)
    pixels = np.asarray(sheet)
    return [
        np.ascontiguousarray(pixels[y : y + height, x : x + width])
        for y in range(0, rows * height, height)
        for x in range(0, columns * width, width)
    ]


def size_before_crops(
    across: int, down: int, width: int, height: int, fit: PrepareFit
) -> tuple[int, int]:
    """As `size_before_fit`, for all that `crops` does."""
    if fit != "many":
        return size_before_fit(across, down, width, height, fit)
    return size_before_fit(across, down, *size_of_crops(across, down, width, height, fit), "crop")


def size_of_crops(
    across: int, down: int, width: int, height: int, fit: PrepareFit
) -> tuple[int, int]:
    """The size of all that `crops` takes from an image, laid side by side."""
    columns, rows = _grid(across, down, width, height) if fit == "many" else (1, 1)
    return columns * width, rows * height


def _grid(across: int, down: int, width: int, height: int) -> tuple[int, int]:
    """Columns and rows of crops at a common scale at which none is enlarged."""
    scale = max(1.0, min(across / width, down / height) / MOST_ALONG)
    columns, rows = int(across / width / scale), int(down / height / scale)
    return max(1, min(columns, 4 * MOST_ALONG)), max(1, min(rows, 4 * MOST_ALONG))
