"""Colours as numbers: sRGB, linear light, OKLab, `#rrggbb`.

OKLab is Ottosson's (2020, "A perceptual color space for image processing").
"""

from collections.abc import Iterable

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


def to_linear(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB in 0–1, of any shape, to linear light."""
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def from_linear(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light in 0–1, of any shape, to sRGB."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def hexed(colour: Iterable[float]) -> str:
    """`#rrggbb` of red, green and blue in 0–1."""
    return "#" + "".join(f"{round(255 * value):02x}" for value in colour)


def triple(colour: NDArray[np.floating]) -> tuple[float, float, float]:
    """(3,) as plain numbers."""
    red, green, blue = colour.tolist()
    return red, green, blue


def to_oklab(colours: NDArray[np.floating]) -> NDArray[np.float64]:
    """sRGB (…, 3) in 0–1 to OKLab: lightness 0–1, green–red, blue–yellow (Ottosson 2020)."""
    value = np.clip(colours, 0, 1, dtype=np.float64)
    return np.asarray(np.cbrt(to_linear(value) @ _TO_CONE.T) @ _TO_LAB.T)


def from_oklab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab (…, 3) to sRGB in 0–1; colours outside sRGB are clipped."""
    return from_linear(np.clip((lab @ _FROM_LAB.T) ** 3 @ _FROM_CONE.T, 0, 1))
