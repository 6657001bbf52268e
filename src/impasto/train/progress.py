"""The live line of a training: progress, speed, time left, and the current pause if any."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column

from impasto.core import events
from impasto.core.clock import now
from impasto.core.console import console, listening, say
from impasto.train.loop import Length, Stats
from impasto.train.stage import Stage
from impasto.train.state import State

BAR = 14
"""Columns of the bar, which leave 48 of a terminal's 80 for text."""


class LiveLine:
    """One live line, never wider than the terminal; without a terminal, a plain line at intervals.

    It shows the training, or the stage that pauses it, such as a judgement, by name.
    """

    LINE_EVERY = 20.0
    """Seconds between lines without a terminal."""

    def __init__(self, length: Length, state: State) -> None:
        self.length = length
        self.begin(state)
        self.said_at = now()
        self.pace = events.Pace()
        self.last: dict[str, float] = {}
        self.stage_left: Callable[[State, float], float] = lambda state, left: 0.0
        """Seconds of stages still to come, given the seconds of training left."""
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=BAR),
            TextColumn("{task.percentage:>3.0f} %", table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[text]}", table_column=Column(no_wrap=True), markup=False),
            console=console,
            disable=not console.is_terminal,
            refresh_per_second=4,
        )
        self.task = self.progress.add_task("training", total=1.0, text="")

    def begin(self, state: State) -> None:
        """Measure speed and time left from here on: at a start, and after a rescue."""
        self.began = (state.images, state.seconds, self.length.share(state))

    def update(self, state: State, stats: Stats) -> None:
        """Redraw the line, or print one at intervals."""
        self.last.update(stats)  # not every step moves the generator
        if self.pace.due():
            self._tell(state)
        self._show("training", self.length.share(state), self.parts(state))

    @contextmanager
    def stage(self, stage: Stage, stop: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Show a stage in place of the training, while it works through `track`ed parts.

        Raises:
            InterruptedError: `stop` returned True between two pieces of its work.
        """

        def listen(what: str, done: int, total: int) -> None:
            part = what.partition(" (")[0].lower()  # `Looking (lite2@128)`
            stage.see(part, done, total)
            self._show(stage.name, stage.share, [f"ETA {hms(stage.left)}", part])
            if stop():
                raise InterruptedError(stage.name)

        stage.begin()
        self._show(stage.name, 0.0, [f"ETA {hms(stage.left)}"] if stage.left else [])
        with listening(listen):
            yield
        stage.end()

    def _show(self, what: str, share: float, parts: list[str]) -> None:
        room = console.width - len(f"* {what} ") - BAR - len(" 100 % ")
        self.progress.update(self.task, description=what, completed=share, text=fit(parts, room))
        if what != "training" and self.pace.due():
            told = {"unit": "", "done": share, "total": 1.0, "eta": None}
            events.tell("progress", what=" · ".join([what, *parts[1:]]), **told)
        if events.are_told() or console.is_terminal:
            return
        if now() - self.said_at >= self.LINE_EVERY:
            self.said_at = now()
            named = parts if what == "training" else [what, *parts]
            say(f"{share:4.0%}  {' · '.join(named)}")

    def _tell(self, state: State) -> None:
        events.tell(
            "training",
            share=self.length.share(state),
            images=state.images,
            speed=self.speed(state),
            eta=self.time_left(state),
            numbers={name: self.last[name] for name, _ in SHOWN if name in self.last},
        )

    def time_left(self, state: State) -> float:
        """Seconds until the end, stages included, at the speed since this start."""
        _, seconds, share = self.began
        elapsed = max(state.seconds - seconds, 1e-9)
        done = self.length.share(state) - share
        left = elapsed * (1 - self.length.share(state)) / done if done > 0 else 0.0
        return left + self.stage_left(state, left)

    def speed(self, state: State) -> float:
        """Images a second since this start."""
        images, seconds, _ = self.began
        return (state.images - images) / max(state.seconds - seconds, 1e-9)

    def parts(self, state: State) -> list[str]:
        """`ETA 3:12`, `251/s`, `84,032 images`, `D 0.84`, `G 1.71`, …: the most important first."""
        shown = [f"{short} {self.last[name]:.2f}" for name, short in SHOWN if name in self.last]
        eta = f"ETA {hms(self.time_left(state))}"
        return [eta, f"{self.speed(state):.0f}/s", f"{state.images:,} images", *shown]


SHOWN = (
    ("loss", "loss"),
    ("d_loss", "D"),
    ("g_loss", "G"),
    ("variety", "variety"),
    ("d_real", "D(real)"),
    ("d_fake", "D(fake)"),
)
"""Numbers of a step on the line: both losses, variety, and the discriminator's mean output on
originals and samples. A training of one network has `loss`."""


def fit(parts: list[str], room: int) -> str:
    """As many parts, from the first, as fit into these columns."""
    text = ""
    for part in parts:
        longer = f"{text} · {part}" if text else part
        if len(longer) > room:
            break
        text = longer
    return text


def hms(seconds: float) -> str:
    """`3:07`, or `2:03:07` for an hour or more."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
