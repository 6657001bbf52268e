"""How different two colours look: ΔE, by CIEDE2000 (Luo, Cui & Rigg 2001; CIE 142).

1 is about the least that one sees side by side, 2 to 3 the difference between two tubes of one
paint; from 10 on colours have other names.
"""

import numpy as np
from numpy.typing import NDArray

from impasto.core.colour import to_linear

Array = NDArray[np.float64]

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
)
_WHITE = _TO_XYZ.sum(1)


def to_cielab(colours: NDArray[np.floating]) -> Array:
    """sRGB (…, 3) in 0–1 → CIELAB under D65, lightness 0–100."""
    value = np.asarray(colours, np.float64)
    share = to_linear(value) @ _TO_XYZ.T / _WHITE
    root = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def delta_e(one: NDArray[np.floating], other: NDArray[np.floating]) -> Array:
    """ΔE between colours (…, 3), sRGB in 0–1."""
    return cielab_delta_e(to_cielab(one), to_cielab(other))


def cielab_delta_e(one: Array, other: Array) -> Array:
    """ΔE between colours (…, 3) in CIELAB."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = np.arctan2(b1, stretch * a1), np.arctan2(b2, stretch * a2)
    turn = np.where(c1 * c2 == 0, 0, (h2 - h1 + np.pi) % (2 * np.pi) - np.pi)
    hue = np.where(c1 * c2 == 0, h1 + h2, h1 + turn / 2)
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    weight = (
        1 - 0.17 * np.cos(hue - np.radians(30)) + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + np.radians(6)) - 0.2 * np.cos(4 * hue - np.radians(63))
    )  # fmt: skip
    far = np.square(lightness - 50)
    in_lightness = (l2 - l1) / (1 + 0.015 * far / np.sqrt(20 + far))
    in_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    in_hue = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2) / (1 + 0.015 * chroma * weight)
    degrees = np.degrees(hue) % 360
    blue = np.radians(60) * np.exp(-np.square((degrees - 275) / 25))
    twist = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(blue)
    square = in_lightness**2 + in_chroma**2 + in_hue**2 + twist * in_chroma * in_hue
    return np.asarray(np.sqrt(np.maximum(square, 0)))
