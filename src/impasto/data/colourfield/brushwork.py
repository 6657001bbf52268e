"""A canvas to paint on with NumPy: opaque paint, glazes, grain, and noise that scales.

Everything is placed in the unit square and every edge is at least a pixel soft, so a picture
painted at 512 is the one painted at 64 with more detail. Noise is a sum of cubic B-splines over
lattices of random numbers; a lattice finer than the pixels is left out, as the eye would.

Paint is kept as optical density (minus the logarithm of each channel): a glaze then adds its
density, as a filter does (Beer–Lambert), and half-covered edges mix dark rather than chalky.
"""

from functools import lru_cache
from random import Random

import numpy as np
from numpy.typing import NDArray

from impasto.core.images import Picture
from impasto.data.colourfield.pigments import Colour

Layer = NDArray[np.floating]
"""One number a pixel: (size, size), or a row or column that stands for all."""

_WOBBLE_STEPS = 512  # a line this fine serves any size: its shortest bump is 1/40 of the side


class Canvas:
    """A square canvas; `x` runs right and `y` down, both from 0 to 1."""

    def __init__(self, size: int, chance: Random, ground: Colour) -> None:
        self.size = size
        self.chance = chance
        middle = (np.arange(size, dtype=np.float32) + 0.5) / size
        self.x: Layer = middle[None, :]  # one row and one column: NumPy broadcasts them
        self.y: Layer = middle[:, None]
        self.density = np.empty((3, size, size), dtype=np.float32)
        self.density[:] = _density(ground)[:, None, None]

    def lay(self, colour: Colour, cover: Layer | float) -> None:
        """Lay paint: where `cover` is 1 nothing below shows through, where 0 nothing changes."""
        for channel, target in zip(self.density, _density(colour), strict=True):
            channel += (target - channel) * cover

    def glaze(self, colour: Colour, thickness: Layer | float) -> None:
        """Put a transparent layer on: it can only darken what is below."""
        for channel, target in zip(self.density, _density(colour), strict=True):
            channel += target * thickness

    def wash(self, colour: Colour, thickness: Layer | float) -> None:
        """A glaze thinned with turpentine the more, the darker the paint: it never goes black."""
        self.glaze(colour, thickness * min(1.0, 0.85 / float(_density(colour).mean())))

    def tone(self, change: Layer) -> None:
        """Darken (positive) or lighten (negative) all channels by a change of density."""
        self.density += change

    def noise(
        self, rows: int, columns: int | None = None, octaves: int = 1, keep: float = 0.55
    ) -> Layer:
        """Smooth noise of mean 0 and deviation about 1; `rows` bumps high, `columns` wide.

        Args:
            rows: bumps from top to bottom in the coarsest octave.
            columns: bumps from left to right; `rows` if not given.
            octaves: how many times the bumps are halved and added again.
            keep: an octave's strength relative to the coarser one before it.
        """
        columns = rows if columns is None else columns
        source = np.random.Generator(np.random.PCG64(self.chance.getrandbits(64)))
        total = np.zeros((self.size, self.size), dtype=np.float32)
        # The sum of all octaves' variances, shown or not: strength must not depend on the size.
        scale = sum(keep ** (2 * octave) for octave in range(octaves)) ** -0.5
        for octave in range(octaves):
            high, wide = rows << octave, columns << octave
            if max(high, wide) > self.size // 2:
                break
            lattice = source.random((high + 3, wide + 3), dtype=np.float32) - 0.5
            spread = _spline(self.size, high) @ lattice @ _spline(self.size, wide).T
            total += spread * (7.2 * scale * keep**octave)
        return total

    def wobble(self, along: Layer, bumps: int, octaves: int = 3) -> Layer:
        """Noise of mean 0 and deviation about 1 along any coordinate (0–1), for edges."""
        source = np.random.Generator(np.random.PCG64(self.chance.getrandbits(64)))
        line = np.zeros(_WOBBLE_STEPS, dtype=np.float32)
        for octave in range(octaves):
            count = bumps << octave
            knots = source.random(count + 3, dtype=np.float32) - 0.5
            if count <= self.size // 2:
                line += _spline(_WOBBLE_STEPS, count) @ knots * (4.5 * 0.5**octave)
        places = (np.arange(_WOBBLE_STEPS, dtype=np.float32) + 0.5) / _WOBBLE_STEPS
        return np.interp(along, places, line).astype(np.float32)

    def step(self, distance: Layer, soft: float = 0.0) -> Layer:
        """0 where `distance` is far below zero, 1 far above, a smooth edge `soft` wide between."""
        width = max(soft, 1.2 / self.size)
        return smooth(distance / width + 0.5)

    def finish(self, grain: float) -> Picture:
        """Add the weave of the cloth and the light of the room; return the picture."""
        if grain:
            self.tone(grain * (0.6 * self.noise(40, octaves=4, keep=0.9) + self._weave()))
        light = 0.02 * (self.x - 0.5) + 0.035 * (self.y - 0.5)
        self.tone(light + 0.012 * self.noise(2))
        picture = np.exp(-self.density) * 255
        return np.ascontiguousarray(
            np.clip(picture + 0.5, 0, 255).astype(np.uint8).transpose(1, 2, 0)
        )

    def _weave(self) -> Layer | float:
        """Threads over and under: seen only where there are pixels enough to show them."""
        threads = 88.0
        clear = min(1.0, max(0.0, self.size / threads / 2 - 1.2))
        if not clear:
            return 0.0
        turn = 2 * np.pi * threads
        drift = 0.004 * self.noise(6)
        weave = np.sin((self.x + drift) * turn) * np.sin((self.y + drift) * turn)
        return np.asarray(clear * weave, dtype=np.float32)


def smooth(value: Layer) -> Layer:
    """Hermite's step: 0 below 0, 1 above 1, flat at both ends."""
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)


def _density(colour: Colour) -> NDArray[np.float32]:
    # No paint is perfectly black or white: the limits keep densities finite.
    return -np.log(np.clip(colour, 0.025, 0.985)).astype(np.float32)


def _spline_at(position: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Weights (positions, count + 3) of a uniform cubic B-spline with `count` spans over 0–1."""
    place = position * count
    left = np.minimum(place.astype(np.int64), count - 1)
    t = (place - left).astype(np.float32)
    weights = np.zeros((len(position), count + 3), dtype=np.float32)
    rows = np.arange(len(position))
    weights[rows, left] = (1 - t) ** 3 / 6
    weights[rows, left + 1] = (3 * t**3 - 6 * t**2 + 4) / 6
    weights[rows, left + 2] = (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6
    weights[rows, left + 3] = t**3 / 6
    return weights


@lru_cache(maxsize=256)
def _spline(size: int, count: int) -> NDArray[np.float32]:
    """The weights for the middles of `size` pixels."""
    middle = (np.arange(size) + 0.5) / size
    return _spline_at(middle.astype(np.float32), count)
