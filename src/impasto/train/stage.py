"""Progress and time left of a pause in a training, such as a judgement."""

from dataclasses import dataclass, field

from impasto.core.clock import now

REST = "the rest"

TRUST = 0.1
"""Weight of the prior estimate, as a share of the work."""


@dataclass
class Stage:
    """Parts that run one after the other; the last run's times predict the next.

    Before the first run, `expected` holds relative times: the pace of the part at work then
    predicts the parts after it.
    """

    name: str
    """As the user reads it: `judging`."""

    expected: dict[str, float]
    """Seconds of each part by name; in any unit until they have been measured."""

    once: str = ""
    """The part that only the first run has."""

    done: dict[str, float] = field(default_factory=dict)
    """Share of each part that is done in this run."""

    costs: list[float] = field(default_factory=list)
    """Seconds of each run so far."""

    in_seconds: bool = False
    """Whether `expected` is in seconds."""

    _began: float = 0.0
    _spent: dict[str, float] = field(default_factory=dict)
    _seen_at: float = 0.0

    def begin(self) -> None:
        """Start another run."""
        self._began = self._seen_at = now()
        self.done, self._spent = {}, {}

    def see(self, part: str, done: int, total: int) -> None:
        """Note that `done` of a part's `total` pieces are done; 0 when it starts."""
        self._spend(part if done else REST)
        self.done[part] = done / max(1, total)

    def _spend(self, part: str) -> None:
        moment = now()
        self._spent[part] = self._spent.get(part, 0.0) + moment - self._seen_at
        self._seen_at = moment

    def end(self) -> None:
        """Note how long the run took; an interrupted run never gets here."""
        spent = now() - self._began
        self._spend(REST)
        self.expected = {part: it for part, it in self._spent.items() if part != self.once}
        self.in_seconds = True
        self.costs.append(spent)

    def guess(self, seconds: float) -> None:
        """Before the first run, scale `expected` to this many seconds in all."""
        if not self.in_seconds and (whole := sum(self.expected.values())):
            self.expected = {part: it * seconds / whole for part, it in self.expected.items()}
            self.in_seconds = True

    @property
    def share(self) -> float:
        """Share of its time that has passed, 0 to 1."""
        whole = sum(self.expected.values())
        return min(self._gone / whole, 1.0) if whole else 0.0

    @property
    def left(self) -> float:
        """Seconds left at the pace so far; 0 if nothing is known yet."""
        whole, gone = sum(self.expected.values()), self._gone
        # Time between parts says nothing of the pace, and the first pieces alone say little.
        spent = sum(seconds for part, seconds in self._spent.items() if part != REST)
        before = TRUST * whole if self.in_seconds else 0.0
        if gone:
            return max(0.0, whole - gone) * (spent + before) / (gone + before)
        return whole if self.in_seconds else 0.0

    @property
    def _gone(self) -> float:
        """What is done, in the unit of `expected`."""
        return sum(self.expected.get(part, 0.0) * share for part, share in self.done.items())
