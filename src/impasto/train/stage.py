"""What holds a training up, such as a judgement: how far it is, and how long it will take."""

from dataclasses import dataclass, field

from impasto.core.clock import now

REST = "the rest"

TRUST = 0.1
"""What is expected weighs as much as this share of the work, when the pace is measured."""


@dataclass
class Stage:
    """Some parts one after the other; how long each takes is learnt from the last time.

    Before there was one, `expected` says how their times compare: the first part that is at work
    tells how long those will be that come after it.
    """

    name: str
    """What the user reads: `judging`."""

    expected: dict[str, float]
    """Seconds of each part, by its name; where nothing is measured yet, in any unit."""

    once: str = ""
    """The part that comes the first time only."""

    done: dict[str, float] = field(default_factory=dict)
    """Share of each part that is done, this time."""

    costs: list[float] = field(default_factory=list)
    """Seconds of each time so far."""

    in_seconds: bool = False
    """Whether `expected` is in seconds."""

    _began: float = 0.0
    _spent: dict[str, float] = field(default_factory=dict)
    _seen_at: float = 0.0

    def begin(self) -> None:
        """Another time."""
        self._began = self._seen_at = now()
        self.done, self._spent = {}, {}

    def see(self, part: str, done: int, total: int) -> None:
        """Note that so many of a part's pieces are done; 0: it begins."""
        self._spend(part if done else REST)
        self.done[part] = done / max(1, total)

    def _spend(self, part: str) -> None:
        moment = now()
        self._spent[part] = self._spent.get(part, 0.0) + moment - self._seen_at
        self._seen_at = moment

    def end(self) -> None:
        """Learn how long it took; one that was broken off teaches nothing."""
        spent = now() - self._began
        self._spend(REST)
        self.expected = {part: it for part, it in self._spent.items() if part != self.once}
        self.in_seconds = True
        self.costs.append(spent)

    def guess(self, seconds: float) -> None:
        """Expect, before the first time, that it takes so long in all."""
        if not self.in_seconds and (whole := sum(self.expected.values())):
            self.expected = {part: it * seconds / whole for part, it in self.expected.items()}
            self.in_seconds = True

    @property
    def share(self) -> float:
        """How much of its time has gone by: 0 to 1."""
        whole = sum(self.expected.values())
        return min(self._gone / whole, 1.0) if whole else 0.0

    @property
    def left(self) -> float:
        """Seconds that it will still take, at the pace so far; 0 where nothing is known."""
        whole, gone = sum(self.expected.values()), self._gone
        # What lies between the parts is of no pace, and the first pieces alone tell little.
        spent = sum(seconds for part, seconds in self._spent.items() if part != REST)
        before = TRUST * whole if self.in_seconds else 0.0
        if gone:
            return max(0.0, whole - gone) * (spent + before) / (gone + before)
        return whole if self.in_seconds else 0.0

    @property
    def _gone(self) -> float:
        """Of what was expected, in its unit."""
        return sum(self.expected.get(part, 0.0) * share for part, share in self.done.items())
