"""What the user sees while a command works: lines, and progress with an ETA."""

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TextIO, TypeVar, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Item = TypeVar("Item")


class _StandardError(io.TextIOBase):
    """Standard error, whatever it is just now; that nobody reads it is no reason to end.

    A terminal that was closed (EIO) and a pipe without a reader (EPIPE) take what is written.
    """

    @property
    def _stream(self) -> TextIO | None:
        return getattr(sys.stderr, "rich_proxied_file", sys.stderr)

    def write(self, text: str) -> int:
        """Write, or not."""
        if self._stream is not None:
            with suppress(OSError, ValueError):  # ValueError: it was closed
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or not."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.flush()

    def isatty(self) -> bool:
        """Whether it is a terminal that is still there."""
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:
            return False

    def fileno(self) -> int:
        """Its number, for those who ask how wide it is."""
        if self._stream is None:
            raise OSError("there is no standard error")
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """As the terminal reads it."""
        return getattr(self._stream, "encoding", None) or "utf-8"


console = Console(file=cast(IO[str], _StandardError()), highlight=False, soft_wrap=True)
"""Progress and remarks go to stderr; stdout is for results that a program may read."""


def say(text: str, style: str | None = None) -> None:
    """Print one remark for the user. `text` is plain: brackets in file names stay as they are."""
    console.print(text, style=style, markup=False)


def progress_bar(*columns: TextColumn, unit: str = "") -> Progress:
    """A progress bar with count, elapsed time and ETA; silent where there is no terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(compact=True),
        *columns,
        console=console,
        disable=not console.is_terminal,
        refresh_per_second=4,
    )


def track(items: Iterable[Item], description: str, total: int, unit: str = "") -> Iterator[Item]:
    """Iterate over `items` under a progress bar."""
    with progress_bar(unit=unit) as progress:
        task = progress.add_task(description, total=total)
        for item in items:
            yield item
            progress.advance(task)


@contextmanager
def working(description: str) -> Iterator[None]:
    """Show that something of a few seconds and no known number of parts goes on."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as progress:
        progress.add_task(description, total=None)
        yield
