"""What `upscale` asks of whatever makes pictures larger."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from impasto.data.files import PAINT
from impasto.errors import ImpastoError
from impasto.reading import read_json

MAP_FORMAT = "impasto-paint"
"""What the description of a map says that it is."""

_LARGEST_MAP = 2**24
"""Bytes of a description."""


@dataclass(frozen=True)
class Job:
    """One picture to enlarge."""

    source: Path
    target: Path


def maps_of(target: Path) -> tuple[Path, Path]:
    """Where the map of whose paint is where in a result goes, and its description."""
    name = f"{target.stem}{PAINT}"
    return target.with_name(f"{name}.png"), target.with_name(f"{name}.json")


def is_map(description: Path) -> bool:
    """Whether this file describes a map, which then lies beside it; False if it is missing."""
    try:
        found = read_json(description, "the description of a map", _LARGEST_MAP)
    except ImpastoError:
        return False
    return isinstance(found, dict) and found.get("format") == MAP_FORMAT


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
