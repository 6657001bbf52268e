"""Keeping to a budget of seconds: fewer steps downhill, at last fewer strokes, never later."""

import time
from collections.abc import Callable


class Pace:
    """How many steps each batch may take so that all is done in time."""

    def __init__(
        self,
        strokes: int,
        steps: int,
        seconds: float | None = None,
        started: float | None = None,
        ending: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the clock.

        Args:
            strokes: in all.
            steps: of a batch where time is no matter.
            seconds: the budget; none for as long as it takes.
            started: when the budget began, by `clock`; now if not given.
            ending: how often the mean time of drawing a stroke once will be spent on it again
                after the last stroke: solving all colours, drawing the finished picture.
            clock: seconds that never go backwards.
        """
        self.clock, self.steps, self.left, self.ending = clock, steps, strokes, ending
        self.laid = 0
        began = clock() if started is None else started
        self.deadline = None if seconds is None else began + seconds
        self.drawing = 0.0  # seconds spent on everything but steps
        self.stepping = 0.0  # seconds spent on steps
        self.stepped = 0  # strokes × steps

    def steps_for(self, strokes: int) -> int:
        """Steps for the next batch: at most three times the usual, down to none."""
        if self.deadline is None:
            return self.steps
        if not self.laid:
            return min(self.steps, 10)  # the first batch tells what a step costs
        each = self._remaining() / max(1, self.left) - self.drawing / self.laid
        cost = self.stepping / max(1, self.stepped)
        affordable = int(each / cost) if cost > 0 else self.steps
        return max(0, min(affordable, 3 * self.steps))

    def spent(self, strokes: int, steps: int, stepping: float, drawing: float) -> None:
        """Tell what a batch took, in seconds."""
        self.laid += strokes
        self.left -= strokes
        self.stepped += strokes * steps
        self.stepping += stepping
        self.drawing += drawing

    def over(self) -> bool:
        """Whether no further stroke fits."""
        return self.deadline is not None and self.laid > 0 and self._remaining() <= 0

    def _remaining(self) -> float:
        """Seconds until the end's own work must begin."""
        assert self.deadline is not None
        each = self.drawing / max(1, self.laid)
        return self.deadline - self.clock() - self.ending * each * self.laid
