"""Numbers that describe how a picture is made, by formulas instead of a network.

What no one trained cannot have been fooled in training, and has no blind spot that a critic's
school shares: spectrum by direction, contrast by scale, colours and where they lie.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = 4
"""Scales of the pyramid, each half the one before."""

BANDS, DIRECTIONS = 6, 6
LAGS = (1, 2, 4, 8)
LAYOUT = 4
"""Colours are averaged over a grid of so many fields a side."""

SHARES = (2, 10, 25, 50, 75, 90, 98)
"""Percentiles of each channel."""

ROWS = 128

NUMBERS = 3 * 3 * LEVELS + BANDS * DIRECTIONS + 2 * 3 * len(LAGS) + 3 * LAYOUT**2 + 3 * len(SHARES)


def statistics_of(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Hand-made statistics of pictures.

    Args:
        pictures: (N, H, W, 3), uint8, RGB, 32 pixels a side or more.

    Returns:
        (N, NUMBERS), float32: contrast, skewness and tails of four scales' detail in lightness
        and two opponent colours; power by frequency and direction; correlation of neighbours; the
        layout of colours; their percentiles.
    """
    found = np.empty((len(pictures), NUMBERS), np.float32)
    for start in range(0, len(pictures), ROWS):
        found[start : start + ROWS] = _some(pictures[start : start + ROWS])
    return found


def _some(pictures: NDArray[np.uint8]) -> Floats:
    red, green, blue = np.moveaxis(pictures.astype(np.float64) / 255, 3, 0)
    lightness = 0.299 * red + 0.587 * green + 0.114 * blue
    channels = np.stack([lightness, red - green, blue - (red + green) / 2], 1)
    parts = [
        _pyramid(channels),
        _spectrum(lightness),
        _neighbours(channels),
        _layout(channels),
        np.moveaxis(np.percentile(channels, SHARES, (2, 3)), 0, 2).reshape(len(pictures), -1),
    ]
    return np.concatenate(parts, 1)


def _pyramid(x: Floats) -> Floats:
    """Logarithm of the deviation, skewness and kurtosis of each scale's detail."""
    found = []
    for _ in range(LEVELS):
        half = _halved(x)
        height, width = (2 * side for side in half.shape[2:])
        detail = x[:, :, :height, :width] - half.repeat(2, 2).repeat(2, 3)
        spread = np.sqrt((detail**2).mean((2, 3))) + 1e-4
        scaled = detail / spread[:, :, None, None]
        found += [np.log(spread), (scaled**3).mean((2, 3)), np.log1p((scaled**4).mean((2, 3)))]
        x = half
    return np.concatenate(found, 1)


def _halved(x: Floats) -> Floats:
    x = x[:, :, : x.shape[2] // 2 * 2, : x.shape[3] // 2 * 2]
    return np.asarray(x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2).mean((3, 5)))


def _spectrum(lightness: Floats) -> Floats:
    """Logarithm of the mean power in rings of frequencies, cut into directions."""
    height, width = lightness.shape[1:]
    window = np.hanning(height + 2)[1:-1, None] * np.hanning(width + 2)[1:-1]
    centred = lightness - lightness.mean((1, 2), keepdims=True)
    power = np.abs(np.fft.rfft2(centred * window)) ** 2
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    radius = np.hypot(down, across)
    finest = 0.5
    ring = np.floor(np.log2(np.maximum(radius, 1e-9) / finest) + BANDS).astype(int)
    direction = np.floor((np.arctan2(down, across) / np.pi + 0.5) * DIRECTIONS).astype(int)
    cell = np.where(
        (radius > 0) & (radius < finest) & (ring >= 0),
        ring * DIRECTIONS + direction.clip(0, DIRECTIONS - 1),
        BANDS * DIRECTIONS,
    ).ravel()
    members = np.eye(BANDS * DIRECTIONS + 1)[cell][:, :-1]
    mean = power.reshape(len(power), -1) @ (members / np.maximum(members.sum(0), 1))
    return np.asarray(np.log(mean + 1e-6))


def _neighbours(x: Floats) -> Floats:
    """Correlation of each pixel with those at some distance across and down."""
    centred = x - x.mean((2, 3), keepdims=True)
    whole = (centred**2).mean((2, 3)) + 1e-6
    found = []
    for lag in LAGS:
        found.append((centred[:, :, :, lag:] * centred[:, :, :, :-lag]).mean((2, 3)) / whole)
        found.append((centred[:, :, lag:] * centred[:, :, :-lag]).mean((2, 3)) / whole)
    return np.concatenate(found, 1)


def _layout(x: Floats) -> Floats:
    """Mean of each field of a coarse grid."""
    height, width = (side // LAYOUT for side in x.shape[2:])
    fields = x[:, :, : height * LAYOUT, : width * LAYOUT]
    fields = fields.reshape(*x.shape[:2], LAYOUT, height, LAYOUT, width).mean((3, 5))
    return np.asarray(fields.reshape(len(x), -1))
