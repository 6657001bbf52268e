"""OKLab (Ottosson 2020, "A perceptual color space for image processing")."""

import numpy as np
from numpy.typing import NDArray

_TO_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_CONE, _FROM_LAB = np.linalg.inv(_TO_CONE), np.linalg.inv(_TO_LAB)


def to_oklab(colours: NDArray[np.floating]) -> NDArray[np.float64]:
    """sRGB (…, 3) in 0–1 to OKLab: lightness 0–1, green–red, blue–yellow (Ottosson 2020)."""
    value = np.clip(colours, 0, 1, dtype=np.float64)
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_CONE.T) @ _TO_LAB.T)


def from_oklab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab (…, 3) to sRGB in 0–1; colours outside sRGB are clipped."""
    linear = np.clip((lab @ _FROM_LAB.T) ** 3 @ _FROM_CONE.T, 0, 1)
    bright = 1.055 * linear ** (1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, linear * 12.92, bright))
