"""What the user sees while a command works: lines, and progress with an ETA.

Names and descriptions that strangers chose are shown, never obeyed: control characters and those
that turn the direction of reading come out spelt, on every way to the terminal.
"""

import codecs
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, TextIO, TypeVar, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.text import Text

from impasto.core import events, rank

Item = TypeVar("Item")

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but tab and new line; C1 has a CSI too
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks, overrides, isolates of direction
    "\u2028\u2029\ufeff\ufff9-\ufffb\ud800-\udfff]"  # line ends; halves of pairs: not text
)


def visible(text: str) -> str:
    """`text` with whatever a terminal would obey instead of showing spelt out, as in Python."""
    return _UNSEEN.sub(lambda found: _spelt(ord(found[0])), text)


def one_line(text: str) -> str:
    """The same without line ends: a name that holds one cannot pretend to be a remark of ours."""
    return visible(text).replace("\n", "\\n")


def _spelt(code: int) -> str:
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a name that is no UTF-8 (PEP 383)
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def counted(number: float, thing: str) -> str:
    """`1 picture`, `12,000 pictures`, `0.5 minutes`: how many; the plural ends in s."""
    shown = f"{int(number):,}" if float(number).is_integer() else f"{number:,g}"
    return f"{shown} {thing}{'' if number == 1 else 's'}"


class _Visible:
    """A stream in front of another one, which shows what was to be obeyed."""

    def __init__(self, stream: TextIO) -> None:
        # Rich writes its own colours to a stream of this name, past this one.
        self.rich_proxied_file = stream

    def write(self, text: str) -> int:
        self.rich_proxied_file.write(visible(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


def _as_it_can(error: UnicodeError) -> tuple[str | bytes, int]:
    """Encode what an output's encoding lacks: a name's own bytes as they are, the rest spelt."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return bytes([code - 0xDC00]), error.start + 1
    return character.encode("ascii", "backslashreplace").decode(), error.start + 1


codecs.register_error(AS_IT_CAN := "impasto", _as_it_can)


def guard_streams() -> None:
    """Make stderr visible, and stdout where it is a terminal: a program gets names as they are.

    Called again, in a process of several commands, it changes nothing.
    """
    # They are None where they were closed before Python began.
    if sys.stderr is not None and not isinstance(sys.stderr, _Visible):
        sys.stderr = cast("TextIO", _Visible(sys.stderr))
    if sys.stdout is not None and sys.stdout.isatty() and not isinstance(sys.stdout, _Visible):
        sys.stdout = cast("TextIO", _Visible(sys.stdout))


class _StandardError(io.TextIOBase):
    """Standard error, whatever it is just now; that nobody reads it is no reason to end.

    A terminal that was closed (EIO) and a pipe without a reader (EPIPE) take what is written.
    """

    @property
    def _stream(self) -> TextIO | None:
        stream: Any = sys.stderr
        while inner := getattr(stream, "rich_proxied_file", None):  # of Rich, and `_Visible`
            stream = inner
        return cast("TextIO | None", stream)

    def write(self, text: str) -> int:
        """Write, or not; a program is told line by line."""
        if events.are_told():
            for line in filter(str.strip, text.splitlines()):
                events.tell("said", text=line.rstrip())
        elif self._stream is not None:
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


class _Console(Console):
    """A console whose texts are visible; colours and cursor movements are its own."""

    @property
    def is_terminal(self) -> bool:
        """Whether somebody sees it move: a program does not."""
        return not events.are_told() and super().is_terminal

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render to segments; those that are not the console's own controls are made visible."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)


console = _Console(
    file=cast(IO[str], _StandardError()), highlight=False, soft_wrap=True, quiet=not rank.leads()
)
"""Progress and remarks go to stderr; stdout is for results that a program may read."""


def say(text: str, style: str | None = None) -> None:
    """Print one remark for the user. `text` is plain: brackets in file names stay as they are."""
    console.print(one_line(text), style=style, markup=False)


def tell(*lines: object) -> None:
    """Print results on stdout, a line each, whatever a name holds.

    To a terminal they are visible; a program gets them as they are but for line ends, which would
    make two names of one (`--json` tells those, too).
    """
    for line in map(str, lines):
        text = visible(line) if sys.stdout.isatty() else line
        sys.stdout.write(text.translate(_LINE_ENDS) + "\n")


_LINE_ENDS = {10: "\\n", 13: "\\r"}


class _Description(TextColumn):
    """What a bar is of, on one line."""

    def __init__(self) -> None:
        super().__init__("{task.description}", markup=False)

    def render(self, task: Task) -> Text:
        """The task's description."""
        return Text(one_line(task.description))


class _Bar(Progress):
    """A progress bar that tells programs as well."""

    pace: events.Pace
    unit: str

    def update(self, task_id: TaskID, **fields: Any) -> None:
        """Change the bar."""
        super().update(task_id, **fields)
        self._tell(task_id)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Move it on."""
        super().advance(task_id, advance)
        self._tell(task_id)

    def _tell(self, task_id: TaskID) -> None:
        task = self._tasks[task_id]
        if self.pace.due(last=task.finished):
            amounts = {"done": task.completed, "total": task.total, "eta": task.time_remaining}
            events.tell("progress", what=task.description, unit=self.unit, **amounts)


def progress_bar(*columns: TextColumn, unit: str = "") -> Progress:
    """A progress bar with count, elapsed time and ETA; silent where there is no terminal."""
    bar = _Bar(
        SpinnerColumn(),
        _Description(),
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
    bar.pace, bar.unit = events.Pace(), unit
    return bar


Listener = Callable[[str, int, int], None]
"""Hears of work that begins (0 pieces are done) and of each piece of it: what, how many, of how
many."""

_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Hear of what is `track`ed meanwhile, which shows no bar of its own then."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.pop()


def track(
    items: Iterable[Item], description: str, total: int, unit: str = "", quiet: bool = False
) -> Iterator[Item]:
    """Iterate over `items` under a progress bar; if `quiet`, only for whoever is `listening`."""
    if _listeners:
        _listeners[-1](description, 0, total)
        for number, item in enumerate(items, 1):
            yield item
            _listeners[-1](description, number, total)
        return
    if quiet:
        yield from items
        return
    with progress_bar(unit=unit) as progress:
        task = progress.add_task(description, total=total)
        for item in items:
            yield item
            progress.advance(task)


@contextmanager
def working(description: str) -> Iterator[None]:
    """Show that something of a few seconds and no known number of parts goes on."""
    events.tell("progress", what=description, unit="", done=0, total=None, eta=None)
    with Progress(
        SpinnerColumn(),
        _Description(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as progress:
        progress.add_task(description, total=None)
        yield
