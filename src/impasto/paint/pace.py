"""Keeping to a budget of seconds: fewer steps downhill, at last fewer strokes, never later."""

from collections.abc import Callable

from impasto.core import clock as process_clock

FORGET = 0.5
"""What older batches still count when a new one has been timed: a machine's speed changes."""

FEW, FIRST = 6, 10
"""Steps of a stroke that are worth more than a stroke more; those of the first batch."""

CAUTION = 1.2
"""The end's own work is expected to take so much longer than it seems."""


class Pace:
    """How many steps each batch may take so that all is done in time."""

    def __init__(
        self,
        strokes: int,
        steps: int,
        seconds: float | None = None,
        started: float | None = None,
        clock: Callable[[], float] = process_clock.now,
    ) -> None:
        """Start the clock.

        Args:
            strokes: in all.
            steps: of a batch where time is no matter.
            seconds: the budget; none for as long as it takes.
            started: when the budget began, by `clock`; now if not given.
            clock: seconds that never go backwards.
        """
        self.clock, self.steps, self.left = clock, steps, strokes
        began = clock() if started is None else started
        self.deadline = None if seconds is None else began + seconds
        self.ending = 0.0
        """Seconds that the end's own work is going to take."""

        self.stopped = False
        """Whether the user has ended the painting."""

        self._stepping = self._stepped = 0.0  # seconds spent on steps; strokes × steps
        self._drawing = self._drawn = 0.0  # seconds that else a stroke costs, now and at the end

    def share(self) -> float:
        """The share of the strokes that are left for which there is time, by a few steps each."""
        if self.deadline is None or not self._drawn:
            return 1.0
        cost = self._drawing / self._drawn + FEW * self._step()
        return min(1.0, max(0.0, self.remaining()) / max(1e-9, cost * max(1, self.left)))

    def leave_out(self, strokes: int) -> None:
        """Tell that so many strokes are not going to be painted."""
        self.left -= strokes

    def steps_for(self, strokes: int, moved: int = 0) -> int:
        """Steps for the next batch: at most three times the usual, down to none.

        Args:
            strokes: of the phase that are still to be moved.
            moved: of it that are moved already, and wait to be drawn.
        """
        if self.deadline is None:
            return self.steps
        if not self._stepped:
            return min(self.steps, FIRST)  # the first batch tells what a step costs
        undrawn = max(1, strokes + moved, self.left)
        drawing = undrawn * self._drawing / max(1, self._drawn)
        each = (self.remaining() - drawing) / max(1, undrawn - moved)
        cost = self._step()
        affordable = int(each / cost) if cost > 0 else 3 * self.steps
        return max(0, min(affordable, 3 * self.steps))

    def stepped(self, strokes: int, steps: int, seconds: float) -> None:
        """Tell what a batch's steps took."""
        if steps:
            self._stepping = FORGET * self._stepping + seconds
            self._stepped = FORGET * self._stepped + strokes * steps

    def drew(self, strokes: int, seconds: float, ending: float) -> None:
        """Tell what all else took for some strokes that are now on the canvas.

        Args:
            strokes: how many.
            seconds: in which they were found and drawn.
            ending: more seconds that the end is going to take because of them.
        """
        self.left -= strokes
        self._drawing = FORGET * self._drawing + seconds + CAUTION * ending
        self._drawn = FORGET * self._drawn + strokes
        self.ending += ending

    def over(self) -> bool:
        """Whether no further stroke fits."""
        return self.deadline is not None and self._drawn > 0 and self.remaining() <= 0

    def remaining(self) -> float:
        """Seconds until the end's own work must begin."""
        assert self.deadline is not None
        return self.deadline - self.clock() - CAUTION * self.ending

    def _step(self) -> float:
        """Seconds that one step of one stroke takes."""
        return self._stepping / max(1.0, self._stepped)
