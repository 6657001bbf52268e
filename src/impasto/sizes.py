"""Sizes of pictures as people write them: `64` for a square, `192x128` for width × height."""

import re
from typing import Literal

LEAST_SIDE, LARGEST_SIDE = 32, 1024
"""Pixels of a side that a generator can paint."""

COARSEST = 4
"""Pixels of the shorter side where a generator begins: 4 to 7, doubled again and again."""

Fit = Literal["crop", "top-left", "pad", "stretch"]
"""How a picture of another shape becomes one of a size."""

PrepareFit = Literal["crop", "top-left", "pad", "stretch", "many"]
"""`many`: several crops of a large picture."""

_WRITTEN = re.compile(r"\s*(\d{1,5})\s*(?:[x×]\s*(\d{1,5})\s*)?", re.ASCII | re.IGNORECASE)


def read_sides(written: object) -> tuple[int, int]:
    """`64`, `"64"` or `"192x128"` → (width, height) in pixels.

    Raises:
        ValueError: it is none of these; the message goes behind the name of the option.
    """
    if type(written) is int and 0 <= written < 10**5:
        return written, written
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError("a size is written as 64, or as 192x128 for width x height")
    return int(found[1]), int(found[2] or found[1])


def write_sides(width: int, height: int) -> int | str:
    """As `read_sides` takes it: the side of a square as a number, else `192x128`."""
    return width if width == height else f"{width}x{height}"


def check_paintable(width: int, height: int) -> None:
    """Refuse what no generator can double its way up to.

    Raises:
        ValueError: a side is out of range, or does not halve down to `COARSEST` to 7; the message
            names the nearest size that does.
    """
    if not all(LEAST_SIDE <= side <= LARGEST_SIDE for side in (width, height)):
        raise ValueError(
            f"{write_sides(width, height)} has a side that is not from {LEAST_SIDE} to "
            f"{LARGEST_SIDE} pixels"
        )
    near = _nearest_paintable(width, height)
    if near != (width, height):
        raise ValueError(
            f"{write_sides(width, height)} cannot be doubled up to: the shorter side must be 4 to "
            "7 times a power of two and the longer one a multiple of that power; the nearest is "
            f"{write_sides(*near)}"
        )


def _nearest_paintable(width: int, height: int) -> tuple[int, int]:
    """Both sides rounded to multiples of what the shorter one is doubled from."""
    unit = 1 << (min(width, height) // COARSEST).bit_length() - 1
    rounded = tuple(min(round(side / unit) * unit, LARGEST_SIDE) for side in (width, height))
    if rounded == (width, height):
        return width, height
    return _nearest_paintable(*rounded)  # rounded up to a power of two, the unit has doubled
