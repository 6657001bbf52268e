"""What is black and what is white, where a file's kind of number does not say."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.data.decode.verdict import Unreadable

_WHITES = {
    **{"i2": (255.0, 32_767.0), "u4": (255.0, 65_535.0, 2.0**32 - 1)},
    **{"i4": (255.0, 65_535.0, 2.0**31 - 1)},
}
_FLOATING = (1.0, 255.0, 65_535.0, 2.0**32 - 1)
_HIGHLIGHTS = 16.0
"""Times white that the brightest hundredth of a floating-point picture may shine: more, and its
numbers are of another range. It is the geometric mean of the two whites in question."""
_PART = 1.0
"""Per cent of the pixels, at either end, that may lie outside the range and are clipped."""


@dataclass(frozen=True)
class Range:
    """The numbers that are shown as black and as white."""

    black: float
    white: float

    @property
    def alpha_white(self) -> float:
        """What is opaque: alpha is never negative."""
        return self.white


def find_range(values: NDArray[Any], kind: str) -> Range:
    """The likeliest range of a picture's numbers.

    White is the smallest of the usual ones that all but a hundredth of the pixels keep to; where
    as many are clearly negative, the range reaches as far below zero.

    Args:
        values: some or all of the picture's numbers, of any shape.
        kind: numpy's type: `i4`, `f4` …
    """
    numbers = values.astype(np.float64).ravel()
    numbers = numbers[np.isfinite(numbers)]
    whites = _FLOATING if kind.startswith("f") else _WHITES[kind]
    if not numbers.size:
        return Range(0, whites[0])
    low, high = np.percentile(numbers, (_PART, 100 - _PART))
    reach = max(abs(low) if low < -0.05 * abs(high) else 0.0, high)
    white = next((w for w in whites if reach <= w * _slack(w)), whites[-1])
    return Range(-white if low < -0.05 * white else 0, white)


def _slack(white: float) -> float:
    return _HIGHLIGHTS if white == 1 else 1.0


def to_sixteen(values: NDArray[Any], scale: Range) -> NDArray[np.uint16]:
    """Numbers of a range to 0–65,535, clipped.

    Raises:
        Unreadable: one is NaN; whatever stood for it would be a speckle.
    """
    if values.dtype == np.uint16 and (scale.black, scale.white) == (0, 65_535):
        return np.asarray(values, np.uint16)
    wide: NDArray[Any] = values.astype(np.float32 if values.dtype.itemsize < 4 else np.float64)
    if bool(np.isnan(wide).any()):
        raise Unreadable("corrupt", "some of its numbers are NaN")
    shares = (wide - scale.black) * (65_535 / (scale.white - scale.black))
    return np.asarray(np.clip(np.rint(shares), 0, 65_535), dtype=np.uint16)
