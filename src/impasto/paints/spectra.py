"""Colours as reflectance over the visible wavelengths, and back.

Paints absorb light wavelength by wavelength, so a blue and a yellow mix to green where the averages
of their colours are grey. A colour on a screen is three numbers; the reflectance that is assumed
behind them is the sigmoid of a parabola (Jakob & Hanika 2019, "A low-dimensional function space for
efficient spectral upsampling"): smooth, within 0 and 1, saturated where it must be.
"""

import numpy as np
from numpy.typing import NDArray

from impasto.core.colour import from_linear, to_linear

Array = NDArray[np.float64]

BANDS = np.arange(400, 701, 20)
"""Nanometres."""


def _numbers(text: str) -> Array:
    return np.array(text.split(), np.float64)


# The CIE's 1931 observer for two degrees, and its daylight D65 (ISO/CIE 11664-1 and -2).
_OBSERVER = _numbers("""
    0.01431  0.13438 0.34828 0.2908  0.09564 0.0049  0.06327 0.2904
    0.5945   0.9163  1.0622  0.85445 0.4479  0.1649  0.04677 0.01136
    0.000396 0.004   0.023   0.06    0.13902 0.323   0.71    0.954
    0.995    0.87    0.631   0.381   0.175   0.061   0.017   0.0041
    0.06785  0.6456  1.74706 1.6692  0.81295 0.272   0.07825 0.0203
    0.0039   0.00165 0.0008  0.00019 0.00002 0       0       0
    """).reshape(3, 16)
_DAYLIGHT = _numbers("""
    82.7549 93.4318 104.865 117.812 115.923 109.354 104.79  104.405
    100     95.788  90.0062 87.6987 83.6992 80.2146 78.2842 71.6091
    """)
_TO_RGB = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.969266, 1.8760108, 0.041556],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)
_SEEN = (_TO_RGB @ (_OBSERVER * _DAYLIGHT)).T
_SEEN /= _SEEN.sum(0)  # what reflects everything is white

_PARABOLA = np.linspace(-1, 1, len(BANDS))[:, None] ** np.array([2, 1, 0])
_DARKEST, _BRIGHTEST = 0.0015, 0.985
"""Reflectances of paint: none swallows or returns all light."""

_STEPS = 60


def to_srgb(reflectance: Array) -> Array:
    """The colour on a screen of reflectances (…, 16): (…, 3), sRGB in 0–1, cut to what it shows."""
    return from_linear(np.clip(reflectance @ _SEEN, 0, 1))


def to_reflectance(colour: Array) -> Array:
    """A smooth reflectance that shows as this colour: (3,), sRGB in 0–1 → (16,).

    Colours that no smooth reflectance shows, as a screen's pure blue, come out as near as it goes.
    """
    wanted = np.cbrt(np.clip(to_linear(colour), _DARKEST, _BRIGHTEST))
    mean = float(np.mean(wanted**3))
    form = np.array([0, 0, np.log(mean / (1 - mean))])
    error, damping = _lightness(form) - wanted, 1e-3
    for _ in range(_STEPS):  # Levenberg and Marquardt, on cube roots: they are nearly what one sees
        reflectance = _sigmoid(form)
        slope = _SEEN.T @ ((reflectance * (1 - reflectance))[:, None] * _PARABOLA)
        slope /= 3 * _lightness(form)[:, None] ** 2
        step = np.linalg.solve(slope.T @ slope + damping * np.eye(3), -slope.T @ error)
        then = _lightness(form + step) - wanted
        better = np.square(then).sum() < np.square(error).sum()
        form, error = (form + step, then) if better else (form, error)
        damping = max(damping / 3, 1e-9) if better else min(damping * 4, 1e6)
    return _sigmoid(form)


def _sigmoid(form: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(_PARABOLA @ form, -30, 30))))


def _lightness(form: Array) -> Array:
    return np.asarray(np.cbrt(np.maximum(_sigmoid(form) @ _SEEN, 1e-6)))
