"""`--mask auto`: strokes go where people look, to faces first."""

import numpy as np
from numpy.typing import NDArray

from impasto.core.images import Picture
from impasto.errors import ImpastoError
from impasto.metrics.attention import PLAIN, attend

Array = NDArray[np.float32]

HEAD, FACE, SMALL = 1.5, 2.3, 0.06
"""How much an error counts in a face that fills much of the picture, where what is around it has
little to spare; and so many times more where faces fill no more than this share of it."""


def look_around(picture: Picture, width: int, height: int) -> Array:
    """How carefully each place deserves to be painted.

    Args:
        picture: (H, W, 3), uint8.
        width: of the map that is wanted, in pixels.
        height: of it.

    Returns:
        (height, width), the weight of an error.

    Raises:
        ImpastoError: the networks that look are not installed.
    """
    attention = attend(picture, width, height)
    if attention.missing:
        raise ImpastoError(
            "--mask auto needs networks that are not installed; run pip install "
            "'impasto[judges]', or paint a mask yourself: --mask mask.png."
        )
    # Less strongly than for regions of a kit, which are as large as their place's care says.
    care: Array = np.sqrt(attention.care / PLAIN)
    if attention.heads is not None and attention.heads.any():
        small = min(1.0, SMALL / float(attention.heads.mean()))
        care[attention.heads] = HEAD * (1 + FACE * small)
    return care
