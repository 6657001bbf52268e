"""Tell photographs from paintings, and the odd one from the rest, by texture features."""

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Look = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Views (N, 128, 128, 3), uint8 → texture features (N, 1024): `models.pretrained` has one."""

TEXTURE = 1024
_STYLE = 384
"""The first of them come from the four finer stages: how a picture is made. The coarsest stage says
what it shows, which helps against photographs, but is no reason to be odd or alike."""
FEWEST = 64
"""Fewer pictures than this do not say what is ordinary among them."""
_COMPONENTS = 32
SAMPLE = 20_000
"""So many pictures say what is ordinary among any number."""
_TOGETHER = 4096


@cache
def _discriminant() -> tuple[NDArray[np.float32], float]:
    """What `bench/photograph_score.py` fitted."""
    file = resources.files(__package__).joinpath("photographs.npz")
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as found:
        return found["direction"], float(found["offset"])


def photograph_scores(textures: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much more each picture looks like a photograph than like a painting.

    A linear discriminant, so 0 is half way between the two means. Of paintings that it was not
    fitted on, 2 % score above −22.9, 1 % above −15.6 and 0.1 % above −5.4; two of 2,404 above 0.

    Args:
        textures: (N, 1024).

    Returns:
        (N,).
    """
    direction, offset = _discriminant()
    return np.asarray(textures, dtype=np.float64) @ direction + offset


def oddness(textures: "Chosen | NDArray[np.float32]") -> NDArray[np.float64]:
    """How far each picture lies from the others of its set: about 1 for an ordinary one.

    Mahalanobis distance in the 32 directions in which the set varies most, centred on the
    median, over the distance's own median. Sets of fewer than 64 pictures get 1 throughout:
    they do not say what is ordinary.

    Args:
        textures: (N, 1024); of more than `SAMPLE` a sample, spread evenly, says what is ordinary.

    Returns:
        (N,).
    """
    chosen = textures if isinstance(textures, Chosen) else Chosen(textures)
    if len(chosen) < FEWEST:
        return np.ones(len(chosen))
    values = np.asarray(chosen.sample()[:, :_STYLE], dtype=np.float64)
    middle, spread = np.median(values, axis=0), values.std(axis=0) + 1e-6
    values = (values - middle) / spread
    covariance = np.cov(values.T)
    strengths, directions = np.linalg.eigh(covariance)
    strengths, directions = strengths[-_COMPONENTS:], directions[:, -_COMPONENTS:]

    def away(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.sqrt(((values @ directions) ** 2 / (strengths + 1e-6)).sum(1)))

    ordinary = np.median(away(values))
    return chosen.each(
        lambda some: away((some[:, :_STYLE].astype(np.float64) - middle) / spread) / ordinary
    )


def likeness(
    textures: "Chosen | NDArray[np.float32]", examples: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The cosine of each picture to the example nearest to it, after standardising by the set.

    Args:
        textures: (N, 1024).
        examples: (M, 1024).

    Returns:
        (N,), from −1 to 1.
    """
    chosen = textures if isinstance(textures, Chosen) else Chosen(textures)
    values = np.asarray(chosen.sample()[:, :_STYLE], dtype=np.float64)
    centre, spread = values.mean(axis=0), values.std(axis=0) + 1e-6

    def unit(each: NDArray[np.float32]) -> NDArray[np.float64]:
        standard = (each[:, :_STYLE].astype(np.float64) - centre) / spread
        return np.asarray(standard / (np.linalg.norm(standard, axis=1, keepdims=True) + 1e-9))

    wanted = unit(examples).T
    return chosen.each(lambda some: np.asarray((unit(some) @ wanted).max(axis=1)))


class Textures(Protocol):
    """Rows of texture features, (N, 1024), in memory or not."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[Any]: ...


class Chosen:
    """Some rows of texture features, of which few are in memory at once."""

    def __init__(self, textures: Textures, rows: NDArray[np.int64] | None = None) -> None:
        self._textures = textures
        self._rows = np.arange(len(textures)) if rows is None else rows

    def __len__(self) -> int:
        return len(self._rows)

    def sample(self) -> NDArray[np.float32]:
        """All rows, or as many, spread evenly, as say what is ordinary."""
        places = np.linspace(0, len(self) - 1, min(len(self), SAMPLE)).round().astype(np.int64)
        return np.asarray(self._textures[self._rows[places]], np.float32)

    def each(
        self, function: Callable[[NDArray[np.float32]], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """A number for each row, from a function of many rows."""
        found = np.empty(len(self))
        for start in range(0, len(self), _TOGETHER):
            rows = self._rows[start : start + _TOGETHER]
            found[start : start + _TOGETHER] = function(
                np.asarray(self._textures[rows], np.float32)
            )
        return found
