"""What a brush is: the few of libmypaint's settings that both engines understand.

`dry` is `classic/dry_brush` of the mypaint-brushes collection (CC0 1.0); the others are ours.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.errors import ImpastoError

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Setting:
    """A number, and what pressure, chance and speed add to it, by straight lines."""

    base: float
    pressure: Points = ()
    random: Points = ()
    speed: Points = ()

    def inputs(self) -> dict[str, Points]:
        """The lines by libmypaint's names of what drives them."""
        lines = {"pressure": self.pressure, "random": self.random, "speed2": self.speed}
        return {name: points for name, points in lines.items() if points}

    def at(
        self,
        pressure: NDArray[np.float32],
        random: NDArray[np.float32] | None = None,
        speed: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """The setting's value; arrays of one shape."""
        value = np.full(pressure.shape, self.base, np.float32)
        for given, points in (
            (pressure, self.pressure),
            (random, self.random),
            (speed, self.speed),
        ):
            if given is not None and points:
                value += along(given, points)
        return value


NO_SCATTER = Setting(0.0)


def along(x: NDArray[np.float32], points: Points) -> NDArray[np.float32]:
    """A line through `points`, going straight on beyond both ends, as libmypaint's mappings do."""
    at, height = np.array(points, np.float32).T
    piece = np.clip(np.searchsorted(at, x) - 1, 0, len(at) - 2)
    slope = np.diff(height) / np.diff(at)
    line: NDArray[np.float32] = height[piece] + slope[piece] * (x - at[piece])
    return line


@dataclass(frozen=True)
class BrushSettings:
    """A brush for both engines; names and meanings are libmypaint's where it has one."""

    summary: str
    opaque: Setting
    """Opacity of a dab, multiplied by the pressure."""

    hardness: Setting
    """Share of a dab's squared radius where it is nearly full; the rest fades."""

    radius: Setting
    """Natural logarithm of the radius in pixels of 64, added to twice the action's size."""

    scatter: Setting = NO_SCATTER
    """`offset_by_random`: standard deviation of a dab's place, in radii."""

    radius_by_random: float = 0.0
    dabs_per_actual_radius: float = 2.0
    dabs_per_basic_radius: float = 0.0
    anti_aliasing: float = 0.0
    opaque_linearize: float = 0.0
    slow_tracking: float = 2.0
    fine: bool = False
    """Whether small pictures are averages of larger ones: thin marks then weigh as much at every
    size, while libmypaint makes them wider where they are thinner than a pixel."""

    thinnest: float = 0.2
    """The smallest `size` that the painter uses; finer strokes come from smaller squares."""

    hold: float = 0.0
    """How strongly a stroke's colour is held to the picture's beneath it, in shares of how strongly
    the error pulls at it. A soft, thin stroke would else be laid in black or white to darken or
    brighten what it does not cover."""

    bristles: int = 0
    """Dabs are laid in turn by so many bristles side by side; libmypaint has none, so it cannot
    draw such a brush."""

    @property
    def usual_width(self) -> float:
        """Of a stroke of middling size, as a share of its square's side."""
        return self.width((self.thinnest + 1) / 2)

    def width(self, size: float) -> float:
        """Of a stroke of this `size`, as a share of its square's side."""
        return 2 * math.exp(2 * size + self.radius.base) / 64


SETTINGS = {
    "dry": BrushSettings(
        "dry brush: scattered soft dabs, the bristle marks of the public stroke files",
        opaque=Setting(0.8, pressure=((0, 0), (1, 0.2))),
        hardness=Setting(0.2),
        radius=Setting(0.0, speed=((0, 0.042857), (4, -0.3))),
        scatter=Setting(0.0, pressure=((0, 0), (1, 1.4))),
        radius_by_random=0.1,
        dabs_per_actual_radius=6.0,
        dabs_per_basic_radius=6.0,
    ),
    "oil": BrushSettings(
        "flat oil: a broad, covering stroke, streaked by its bristles, with ragged ends",
        opaque=Setting(2.0),
        hardness=Setting(0.35),
        radius=Setting(0.15),
        scatter=Setting(0.015),
        radius_by_random=0.1,
        dabs_per_actual_radius=0.0,
        dabs_per_basic_radius=88.0,
        anti_aliasing=0.7,
        bristles=11,
        fine=True,
    ),
    "wash": BrushSettings(
        "watercolour wash: broad, thin, soft; layers shine through",
        opaque=Setting(0.8),
        hardness=Setting(0.5),
        radius=Setting(0.35),
        scatter=Setting(0.16),
        radius_by_random=0.12,
        dabs_per_actual_radius=4.0,
        opaque_linearize=0.9,
        thinnest=0.5,
        hold=1.0,
    ),
    "ink": BrushSettings(
        "ink: a hard, covering line that swells with the pressure",
        opaque=Setting(1.0, pressure=((0, 1), (1, 1))),
        hardness=Setting(0.85),
        radius=Setting(-0.7, pressure=((0, 0), (1, 0.9))),
        dabs_per_actual_radius=4.0,
        anti_aliasing=1.0,
        fine=True,
    ),
    "charcoal": BrushSettings(
        "charcoal: grains of black dust, denser with pressure",
        opaque=Setting(0.9),
        hardness=Setting(0.5),
        radius=Setting(0.0, random=((0, -3.3), (1, -1.5))),
        scatter=Setting(0.5),
        dabs_per_actual_radius=0.0,
        dabs_per_basic_radius=64.0,
        anti_aliasing=0.5,
        fine=True,
    ),
}
"""The brushes by name; the first is the default."""

BRUSHES = tuple(SETTINGS)
"""Their names."""


def settings_of(name: str) -> BrushSettings:
    """A brush's settings.

    Raises:
        ImpastoError: there is no such brush.
    """
    if name not in SETTINGS:
        raise ImpastoError(f"Unknown brush {name!r}; choose one of {', '.join(BRUSHES)}.")
    return SETTINGS[name]
