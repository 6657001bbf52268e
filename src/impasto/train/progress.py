"""The live line of a training: how far, how fast, until when; and what it is doing otherwise."""

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
"""Columns of the bar. With it, 48 are left for words where a terminal has 80."""


class LiveLine:
    """One live line, never wider than the terminal; a plain one now and then where there is none.

    It tells the training, or the stage that holds it up, such as a judgement, by name.
    """

    LINE_EVERY = 20.0
    """Seconds between lines where there is no terminal to redraw."""

    def __init__(self, length: Length, state: State) -> None:
        self.length = length
        self.began = (state.images, state.seconds, length.share(state))
        self.said_at = now()
        self.pace = events.Pace()
        self.last: dict[str, float] = {}
        self.stage_left: Callable[[State, float], float] = lambda state, left: 0.0
        """Seconds that stages will still take, where so many of training are left."""
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

    def update(self, state: State, stats: Stats) -> None:
        """Redraw the line, or print one every so often."""
        self.last.update(stats)  # the generator does not move in every step
        if self.pace.due():
            self._tell(state)
        self._show("training", self.length.share(state), self.parts(state))

    @contextmanager
    def stage(self, stage: Stage, stop: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Tell a stage in place of the training, while it works through `track`ed parts.

        Raises:
            InterruptedError: `stop` said so between two pieces of its work.
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
        """Seconds until the end, stages included, as fast as it has been in this go."""
        _, seconds, share = self.began
        elapsed = max(state.seconds - seconds, 1e-9)
        done = self.length.share(state) - share
        left = elapsed * (1 - self.length.share(state)) / done if done > 0 else 0.0
        return left + self.stage_left(state, left)

    def speed(self, state: State) -> float:
        """Images a second in this go."""
        images, seconds, _ = self.began
        return (state.images - images) / max(state.seconds - seconds, 1e-9)

    def parts(self, state: State) -> list[str]:
        """`ETA 3:12`, `251/s`, `84,032 images`, `D 0.84`, `G 1.71`, …: what matters most first."""
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
"""Numbers of a step on the line: both losses; how different the samples are; how real the
discriminator thinks originals and samples are. A training of one network says `loss`."""


def fit(parts: list[str], room: int) -> str:
    """As many of the parts, from the first on, as fit into so many columns."""
    text = ""
    for part in parts:
        longer = f"{text} · {part}" if text else part
        if len(longer) > room:
            break
        text = longer
    return text


def hms(seconds: float) -> str:
    """`3:07`, or `2:03:07` from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
