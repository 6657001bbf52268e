"""What `upscale` asks of whatever makes pictures larger."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Job:
    """One picture to enlarge."""

    source: Path
    target: Path


class Method(Protocol):
    """A network, or the paint of originals."""

    @property
    def key(self) -> str:
        """All that makes one result differ from another, beside the picture."""
        ...

    @property
    def dpi(self) -> float | None:
        """Dots an inch of the result, where it is printed."""
        ...

    def work(self, width: int, height: int) -> int:
        """How much there is to do for a picture, in whatever `make` counts."""
        ...

    def make(self, job: Job, done: Callable[[float], None]) -> NDArray[np.uint8]:
        """Read the source and enlarge it.

        Args:
            job: what; the result is written by the caller.
            done: is told how much was done.

        Returns:
            (H, W, 3), or 4 channels where it is transparent.

        Raises:
            ImpastoError: it cannot be read or enlarged.
        """
        ...
