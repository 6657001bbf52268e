"""What a generator prints on every picture: signs that need no network.

Pooled features hardly see a fixed pattern, since each picture has it only faintly; the mean of
many pictures has nothing else. Three signs: the stamp, in the mean picture; the lattice, in the
mean contrast; and lines, in the mean spectrum.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RIM = 10
"""A tenth of each side is left out: frames, margins and signatures stand there in originals."""

CELLS = (2, 4, 8)
"""Sides of the cells that are looked for, in pixels: the last three enlargements."""

ROWS = 256
"""Pictures that are held in floating point at once."""

FINEST = 1 / 16
"""Lines are looked for from this frequency on, in cycles a pixel: below is composition."""


class Stamp(NamedTuple):
    """The fine detail that all pictures share."""

    correlation: float
    """Of the mean of one half of the pictures with that of the other: 0 where nothing is shared,
    1 where the same pattern is on every picture."""

    levels: float
    """How strong it is: root mean square, in grey levels of 255."""


def stamp(pictures: NDArray[np.uint8]) -> Stamp:
    """The pattern that is the same in all pictures.

    The pictures' two halves are averaged, each average loses what a Gaussian of one pixel keeps,
    and the rest is compared. Some hundreds of originals correlate by a few hundredths; many
    thousands by more, since they too share a little, so compare equal counts.

    Args:
        pictures: (N, H, W, 3), uint8, at least four.
    """
    # By chance: sets come in an order, and repeated pictures may take turns.
    order = np.random.default_rng(0).permutation(len(pictures))
    one, other = (_fine(_mean(pictures[np.sort(order[start::2])])).ravel() for start in (0, 1))
    product = float((one * other).mean())
    spread = float(np.sqrt((one**2).mean() * (other**2).mean()))
    return Stamp(product / spread if spread else 0.0, float(np.sqrt(max(0.0, product))))


class Lattice(NamedTuple):
    """A grid of cells at whose edges all pictures change more than inside."""

    excess: float
    """How much more, in decibels: the power of steps between neighbouring pixels, from where in the
    cell it is least to where it is most."""

    pixels: int
    """The cell's side."""


def lattice(pictures: NDArray[np.uint8]) -> Lattice:
    """The grid that enlargement leaves in the contrast, though the mean picture may hide it.

    Where a pixel becomes four by nearest neighbour and a convolution, those four are more alike
    than their neighbours. Paintings know nothing of even and odd columns: a thousand originals have
    a few hundredths of a decibel for cells of two pixels, some tenths for eight.

    Args:
        pictures: (N, H, W, 3), uint8.
    """
    powers = {(axis, cell): np.zeros(cell) for axis in (1, 2) for cell in CELLS}
    for start in range(0, len(pictures), ROWS):
        grey = pictures[start : start + ROWS].mean(3, dtype=np.float64)
        for (axis, cell), power in powers.items():
            power += _by_place(np.diff(grey, axis=axis).swapaxes(1, axis), cell).sum(0)
    found = [
        Lattice(float(np.ptp(power / len(pictures))), cell) for (_, cell), power in powers.items()
    ]
    return max(found, key=lambda each: each.excess)


class Lines(NamedTuple):
    """The frequency at which pictures have more than originals have."""

    excess: float
    """How much more, in decibels, than the originals at that frequency, where both are measured
    against the frequencies around it."""

    pixels: float
    """Its period in pixels."""

    upright: bool
    """Whether the lines stand upright (columns) rather than lie (rows)."""


def lines(pictures: NDArray[np.uint8], reals: NDArray[np.uint8]) -> Lines:
    """The strongest periodic pattern along rows or columns that originals do not have.

    The power of each frequency against the median of its neighbours: a grid or a weave stands out
    even where its phase changes from picture to picture, so that the mean picture hides it.

    Args:
        pictures: (N, H, W, 3), uint8.
        reals: originals of the same size.
    """
    pairs = _spectra(pictures), _spectra(reals)
    found = []
    for upright, mine, theirs in zip((True, False), *pairs, strict=True):
        excess = _above_neighbours(mine) - _above_neighbours(theirs)
        first = int(np.ceil(FINEST * 2 * (len(mine) - 1)))
        place = first + int(np.argmax(excess[first:]))
        found.append(Lines(float(excess[place]), 2 * (len(mine) - 1) / place, upright))
    return max(found, key=lambda line: line.excess)


def _by_place(steps: Floats, cell: int) -> Floats:
    """Steps (N, rows, others) → decibels by the row's place in its cell, (N, cell), without rims.

    Decibels of each picture: no few with hard edges outweigh all others.
    """
    rim = steps.shape[1] // RIM
    inner = steps[:, rim : -rim or None]
    inner = inner[:, : inner.shape[1] // cell * cell]
    power = (inner**2).mean(2).reshape(len(steps), -1, cell).mean(1)
    return np.asarray(10 * np.log10(power + 0.1))


def _mean(pictures: NDArray[np.uint8]) -> Floats:
    total = np.zeros(pictures.shape[1:])
    for start in range(0, len(pictures), ROWS):
        total += pictures[start : start + ROWS].sum(0, dtype=np.float64)
    return total / len(pictures)


def _fine(picture: Floats) -> Floats:
    """What a Gaussian of one pixel takes away, without the rims: (h, w, 3)."""
    kernel = np.exp(-0.5 * np.arange(-4, 5) ** 2)
    kernel /= kernel.sum()
    soft = np.pad(picture, ((4, 4), (4, 4), (0, 0)), mode="edge")
    for axis in (0, 1):
        soft = np.apply_along_axis(np.convolve, axis, soft, kernel, "valid")
    height, width = (side // RIM for side in picture.shape[:2])
    return (picture - soft)[height : -height or None, width : -width or None]


def _spectra(pictures: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Mean decibels across and down the pictures, by frequency, from 0 to half a cycle a pixel."""
    across, down = np.zeros(pictures.shape[2] // 2 + 1), np.zeros(pictures.shape[1] // 2 + 1)
    for start in range(0, len(pictures), ROWS):
        grey = pictures[start : start + ROWS].mean(3, dtype=np.float64)
        across += _power(grey)
        down += _power(grey.swapaxes(1, 2))
    return across / len(pictures), down / len(pictures)


def _power(grey: Floats) -> Floats:
    """Summed over pictures (N, H, W): decibels across, of each averaged along its height.

    A line as long as the picture is high keeps its strength in that average; paint does not. And
    among decibels no few pictures with hard edges outweigh all others.
    """
    profile = grey.mean(1)
    # Differences whiten a painting's spectrum, which falls steeply, and need no window.
    steps = np.diff(profile, axis=1, append=profile[:, -1:])
    return np.asarray(20 * np.log10(np.abs(np.fft.rfft(steps)) + 0.1).sum(0))


def _above_neighbours(decibels: Floats) -> Floats:
    """Of each frequency, how far it is above the median of the four on either side of it."""
    wide = np.pad(decibels, 4, mode="reflect")
    around = np.lib.stride_tricks.sliding_window_view(wide, 9)
    return np.asarray(decibels - np.median(around, axis=1))
