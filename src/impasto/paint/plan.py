"""What is painted, how, and what a watcher sees of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.paint.strokes_file import Texture

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Plan:
    """How to paint."""

    strokes: int = 1_500
    steps: int = 30
    """Adam's steps for each batch."""

    together: int = 2
    """Strokes that are laid into one square at once."""

    tries: int = 1024
    """Strokes in the dictionary."""

    masking: float = 0.4
    """How much less an error counts where the picture is busy: see `structure.visibility`."""

    follow: float = 0.2
    """How much more a stroke counts that runs along the picture's structure."""

    even: float = 0.0
    """0: strokes go where the error is, few to flat areas; 1: everywhere alike."""

    finest: float = 0.0
    """The thinnest stroke, as a share of the longer side."""

    broadest: float = 1.0
    """The broadest stroke, as a share of the longer side."""

    brushes: tuple[float, ...] = ()
    """The only widths that strokes have, as shares of the longer side; any if there are none."""

    seconds: float | None = None
    """A budget of time for all of it."""

    size: int | None = None
    """Pixels of the finished picture's longer side: drawing it belongs to the budget."""

    seed: int = 0

    spare: float = 0.0
    """Strokes that are painted beyond, as a share of `strokes`: those worth least go again."""

    revisions: int = 0
    """How often all strokes are gone through once more, knowing what lies over them."""

    @property
    def laid(self) -> int:
        """How many strokes are painted, those that go again among them."""
        return round(self.strokes * (1 + self.spare))


@dataclass(frozen=True)
class Subject:
    """What is painted."""

    picture: Array
    """(H, W, 3), in [0, 1], at the size of the working canvas."""

    care: Array
    """(H, W), the weight of each pixel's error: how carefully."""

    ground: tuple[float, float, float]
    texture: Texture = "none"
    begun: Array | None = None
    """(H, W, 3), what is on the canvas before the first stroke; nothing if not given."""


@dataclass(frozen=True)
class Look:
    """The state that a watcher sees after each phase."""

    canvas: Array
    """(H, W, 3), in [0, 1]; it will be painted on further."""

    strokes: int
    of: int
