"""What a film of paint reflects: Kubelka and Munk (1931; Kubelka 1948), with Saunderson's surface.

Light in a film is absorbed (K) and scattered back (S), both in proportion to how much of each paint
there is. So a mixture's K and S are the sums of its parts', and two swatches of the same thickness,
over white and over black, are enough to find them.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_OUTER, _INNER = 0.03, 0.65
"""Shares of the light that the film's surface turns back from outside and from inside
(Saunderson 1942; the values are usual for acrylics)."""

_LEAST = 1e-6


def inside(reflectance: Array) -> Array:
    """What the film itself reflects, below its surface, of what an instrument sees."""
    return np.asarray(reflectance / ((1 - _OUTER) * (1 - _INNER) + _INNER * reflectance))


def outside(reflectance: Array) -> Array:
    """What is seen of what the film reflects; the gloss that one looks past is left out."""
    return np.asarray((1 - _OUTER) * (1 - _INNER) * reflectance / (1 - _INNER * reflectance))


def opaque(absorption: Array, scattering: Array) -> Array:
    """What a film reflects that nothing shines through."""
    share = absorption / np.maximum(scattering, _LEAST)
    return np.asarray(1 + share - np.sqrt(share * (share + 2)))


def film(absorption: Array, scattering: Array, ground: Array | float) -> Array:
    """What a film reflects over a ground.

    Args:
        absorption: (…, 16), K times the thickness.
        scattering: (…, 16), S times the thickness.
        ground: what is below reflects, as seen from inside the film.
    """
    scattering = np.maximum(scattering, _LEAST)
    a = 1 + np.maximum(absorption, _LEAST) / scattering
    b = np.sqrt(a * a - 1)
    hidden = b / np.tanh(np.minimum(b * scattering, 300))
    return np.asarray((1 - ground * (a - hidden)) / (a - ground + hidden))


def measured(
    over_white: Array, over_black: Array, white: Array | float, black: Array | float
) -> tuple[Array, Array]:
    """K and S of a film, times its thickness, from what it reflects over two grounds.

    All as seen from inside the film. Where both are the same, as of a paint that covers, S is only
    known to be large.
    """
    over_black = np.minimum(over_black, over_white - 1e-4)
    upper = (over_white - over_black) * (1 + white * black)
    upper = upper - (white - black) * (1 + over_white * over_black)
    a = np.maximum(upper / (2 * (over_white * black - over_black * white)), 1 + _LEAST)
    b = np.sqrt(a * a - 1)
    apart = over_black - black
    apart = np.where(np.abs(apart) < _LEAST, _LEAST, apart)
    hidden = (1 + over_black * black - a * (over_black + black)) / (apart * b)
    scattering = np.arctanh(1 / np.maximum(hidden, 1 + _LEAST)) / b
    return scattering * (a - 1), scattering
