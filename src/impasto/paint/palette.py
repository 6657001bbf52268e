"""A few colours to paint with: from the picture, from a painting, or given."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.colour import to_oklab
from impasto.core.images import Picture
from impasto.errors import ImpastoError
from impasto.paint.picture import read_painting

MOST = 256
FROM_A_PAINTING = 16
"""Colours that are taken from a painting whose number was not said."""

Array = NDArray[np.float32]

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def parse_palette(text: str, picture: Picture) -> Array:
    """Read `--palette`.

    Args:
        text: a number (`8`), colours (`#1b2f4b,#d9a441`), a painting's path, or a path, a colon
            and a number (`monet.jpg:12`).
        picture: (H, W, 3), uint8, what is painted; a number alone means colours of it.

    Returns:
        (K, 3), in [0, 1].

    Raises:
        ImpastoError: it is none of these.
    """
    if text.startswith("#"):
        return np.array([parse_colour(part.strip(), "--palette") for part in text.split(",")])
    path, count = check_palette(text)
    source = picture if text.isdecimal() else read_painting(Path(path))
    return main_colours(source, count)


def check_palette(text: str) -> tuple[str, int]:
    """Which painting's colours `--palette` means, and how many: seen before anything is painted.

    Raises:
        ImpastoError: it is neither a number of colours, nor colours, nor a painting's path.
    """
    if text.startswith("#"):
        return text, len([parse_colour(part.strip(), "--palette") for part in text.split(",")])
    path, count = text, str(FROM_A_PAINTING)
    if text.isdecimal():
        count = text
    elif (named := re.fullmatch(r"(.+):(\d{1,6})", text)) and not Path(text).exists():
        path, count = named[1], named[2]
    if not 2 <= int(count) <= MOST:
        raise ImpastoError(f"--palette {text}: a palette has 2 to {MOST} colours.")
    if not text.isdecimal() and not Path(path).exists():
        raise ImpastoError(
            f"--palette {text}: there is no such picture; give a number of colours (8), a "
            "painting (monet.jpg), or colours ('#1b2f4b,#d9a441')."
        )
    return path, int(count)


def main_colours(picture: Picture, count: int) -> Array:
    """The `count` colours that stand for a picture best: median cut, then k-means.

    Returns:
        At most (count, 3), in [0, 1]: a picture of fewer colours has fewer.
    """
    few = Image.fromarray(picture).quantize(count, Image.Quantize.MEDIANCUT, kmeans=8)
    table = np.asarray(few.getpalette(), np.float32).reshape(-1, 3) / np.float32(255)
    return np.asarray(table[np.unique(np.asarray(few))])


def snapper(palette: Array) -> Callable[[Array], Array]:
    """A function that replaces colours (N, 3) by the palette's nearest in Oklab."""
    known = to_oklab(palette)

    def snap(colours: Array) -> Array:
        distance = np.square(to_oklab(colours)[:, None] - known[None]).sum(-1)
        return np.asarray(palette[distance.argmin(1)])

    return snap


def parse_colour(text: str, option: str) -> Array:
    """`#rgb` or `#rrggbb` → (3,), in [0, 1].

    Raises:
        ImpastoError: it is no colour.
    """
    if not _HEX.fullmatch(text):
        raise ImpastoError(f"{option} {text}: write a colour like #d9a441.")
    digits = text[1:] if len(text) == 7 else "".join(2 * digit for digit in text[1:])
    return np.array([int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)], np.float32)
