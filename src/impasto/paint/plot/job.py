"""What a machine is to draw: lines in millimetres, one layer after the other, one pen a layer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import counted
from impasto.errors import ImpastoError

Points = NDArray[np.float64]
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Line:
    """What is drawn without lifting."""

    points: Points
    """(P, 2), millimetres from the canvas's left and top."""

    pressure: NDArray[np.float64]
    """(P,), in [0, 1]: 1 is as hard as a stroke is ever pressed."""

    width: float
    """Millimetres that it covers."""

    stroke: int
    """The painting's stroke that it belongs to, from 0."""

    number: int = 0
    """Its place in the order of drawing, from 1: what `--resume-at` means."""

    @property
    def length(self) -> float:
        """In millimetres."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    def turned(self) -> "Line":
        """The same from its end to its beginning."""
        return replace(self, points=self.points[::-1], pressure=self.pressure[::-1])


@dataclass(frozen=True)
class Layer:
    """Lines of one colour, drawn in a go."""

    name: str
    """A number first, as AxiDraw's software reads it: `1 #f2e8d5`."""

    pen: int
    """From 1, the lightest colour first."""

    colour: Colour
    lines: list[Line]


@dataclass(frozen=True)
class Job:
    """All that is to be drawn."""

    width: float
    """Of the canvas, in millimetres."""

    height: float
    ground: Colour
    layers: list[Layer]

    def lines(self) -> Iterator[Line]:
        """All lines in their order."""
        for layer in self.layers:
            yield from layer.lines

    def __len__(self) -> int:
        return sum(len(layer.lines) for layer in self.layers)


def numbered(job: Job) -> Job:
    """The same with its lines numbered from 1.

    Raises:
        ImpastoError: there are none.
    """
    if not len(job):
        raise ImpastoError(
            "--plot: no stroke of this painting is longer than the pen is broad; take a thinner "
            "one (--pen), or a larger --canvas."
        )
    number, layers = 0, []
    for layer in job.layers:
        lines = [
            replace(line, number=number + place) for place, line in enumerate(layer.lines, start=1)
        ]
        number += len(lines)
        layers.append(replace(layer, lines=lines))
    return replace(job, layers=layers)


def rest(job: Job, first: int) -> Job:
    """What is left when the lines before number `first` are drawn.

    Raises:
        ImpastoError: there are fewer lines.
    """
    if not 1 <= first <= len(job):
        raise ImpastoError(
            f"--resume-at {first}: this plot has {counted(len(job), 'stroke')}; choose 1 to "
            f"{len(job)}."
        )
    layers = [
        replace(layer, lines=[line for line in layer.lines if line.number >= first])
        for layer in job.layers
    ]
    return replace(job, layers=[layer for layer in layers if layer.lines])
