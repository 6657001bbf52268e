"""The live line of a training."""

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from impasto.core.clock import now
from impasto.core.console import console, say
from impasto.train.loop import Length, Numbers
from impasto.train.state import State


class LiveLine:
    """One live line: how far, how fast, until when, and what the two networks think."""

    LINE_EVERY = 20.0
    """Seconds between lines where there is no terminal to redraw."""

    def __init__(self, length: Length, state: State) -> None:
        self.length = length
        self.began = (state.images, state.seconds, length.share(state))
        self.said_at = now()
        self.last: dict[str, float] = {}
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[text]}"),
            console=console,
            disable=not console.is_terminal,
            refresh_per_second=4,
        )
        self.task = self.progress.add_task("training", total=1.0, text="")

    def look(self, state: State, numbers: Numbers) -> None:
        """Redraw the line, or print one every so often."""
        text = self.describe(state, numbers)
        self.progress.update(self.task, completed=self.length.share(state), text=text)
        if not console.is_terminal and now() - self.said_at >= self.LINE_EVERY:
            self.said_at = now()
            say(f"{self.length.share(state):4.0%}  {text}")

    def describe(self, state: State, numbers: Numbers) -> str:
        """`84,032 images · 251/s · ETA 3:12 · D 0.84 G 1.71 · D(real) 0.66 · D(fake) 0.31 · …`."""
        images, seconds, share = self.began
        elapsed = max(state.seconds - seconds, 1e-9)
        done = self.length.share(state) - share
        left = elapsed * (1 - self.length.share(state)) / done if done > 0 else 0.0
        parts = [
            f"{state.images:,} images",
            f"{(state.images - images) / elapsed:.0f}/s",
            f"ETA {clock(left)}",
        ]
        self.last.update(numbers)  # the generator does not move in every step
        shown = [f"{short} {self.last[name]:.2f}" for name, short in SHOWN if name in self.last]
        return " · ".join([*parts, *shown])


SHOWN = (
    ("loss", "loss"),
    ("d_loss", "D"),
    ("g_loss", "G"),
    ("d_real", "D(real)"),
    ("d_fake", "D(fake)"),
    ("variety", "variety"),
)
"""Numbers of a step on the line: both losses; how real the discriminator thinks originals and
samples; how different the samples are. A training of one network says `loss`."""


def clock(seconds: float) -> str:
    """`3:07`, or `2:03:07` from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
