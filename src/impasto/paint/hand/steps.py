"""The steps of a painting by hand: who lays what with which brush, how much paint, how long."""

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from impasto.brush.actions import curve
from impasto.core.console import one_line
from impasto.errors import ImpastoError
from impasto.paint.document import Coat, Painting, RealPaint

FILM = 0.1
"""Millimetres of wet paint, as it is taken for kits."""

SPARE = 1.25
"""Paint that stays on the palette and in the brush."""

STROKE, SPEED, MIXING = 3.0, 60.0, 180.0
"""What a hand is taken to need: seconds to find a stroke's place, millimetres a second along it,
seconds to wash the brush and mix a colour."""


@dataclass(frozen=True)
class Step:
    """What is painted before all dries."""

    number: int
    """From 1."""

    brush: float
    """Millimetres."""

    coats: tuple[Coat, ...]
    """One colour each, in the order in which they are laid."""

    millilitres: tuple[float, ...]
    """Of each coat, not rounded: many small amounts add up."""

    minutes: float

    @property
    def strokes(self) -> list[int]:
        """Their numbers in the painting, from 0, in their order."""
        return [stroke for coat in self.coats for stroke in coat.strokes]

    def words(self, count: int) -> str:
        """What it is, in a line; `count` steps in all."""
        return f"Step {self.number} of {count}: flat brush of {self.brush:g} mm"


def by_hand(painting: Painting) -> bool:
    """Whether a painting says how a hand can paint it; a bare canvas with a place for it does."""
    if painting.real is None:
        return False
    coats = painting.real.coats
    laid = [stroke for coat in coats for stroke in coat.strokes]
    known = all(coat.step and coat.brush for coat in coats)
    return known and laid == list(range(len(painting.strokes)))


def real_of(painting: Painting) -> RealPaint:
    """How a painting is made by hand.

    Raises:
        ImpastoError: it was not planned for a hand.
    """
    real = painting.real
    if real is None or not by_hand(painting):
        raise ImpastoError(
            "--sheets: this painting was not planned for a hand; paint the picture again with "
            "--opaque."
        )
    return real


def steps_of(painting: Painting) -> list[Step]:
    """The steps in their order.

    Raises:
        ImpastoError: the painting was not planned for a hand.
    """
    real = real_of(painting)
    lengths = lengths_of(painting, max(real.place[2:]))
    steps = []
    for number, some in groupby(real.coats, lambda coat: coat.step):
        coats = tuple(some)
        brush = coats[0].brush or 0.0
        ways = [float(lengths[list(coat.strokes)].sum()) for coat in coats]
        amounts = tuple(way * brush * FILM * SPARE / 1000 for way in ways)
        strokes = sum(len(coat.strokes) for coat in coats)
        seconds = strokes * STROKE + sum(ways) / SPEED + len(coats) * MIXING
        steps.append(Step(number or 0, brush, coats, amounts, seconds / 60))
    return steps


def lengths_of(painting: Painting, longer: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Of each stroke's path, where the longer side is so long: (N,)."""
    path = curve(painting.strokes.geometry, 24).astype(np.float64)
    ways = np.hypot(*np.moveaxis(np.diff(path, axis=1), -1, 0)).sum(1)
    return np.asarray(ways * painting.strokes.squares[:, 2] * longer)


def captions(painting: Painting) -> list[str]:
    """What a film says beside each stroke; nothing where the painting has no steps."""
    if not by_hand(painting):
        return []
    steps, paints = steps_of(painting), real_of(painting).paints
    said: list[str] = []
    for step in steps:
        for coat in step.coats:
            words = f"{step.words(len(steps))}, {one_line(paints[coat.paint].name)}"
            said += [words] * len(coat.strokes)
    return said
