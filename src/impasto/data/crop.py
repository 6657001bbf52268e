"""How a picture becomes the set's size: the four fits."""

import math

from PIL import Image

from impasto.config import Fit
from impasto.core.images import FILTER


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


def size_before_fit(across: int, down: int, width: int, height: int, fit: Fit) -> tuple[int, int]:
    """The size that a picture of `across` × `down` has once scaled, before anything is cut off."""
    if fit == "stretch":
        return width, height
    choose = min if fit == "pad" else max
    scale = choose(width / across, height / down)
    return max(1, math.ceil(across * scale)), max(1, math.ceil(down * scale))
