"""What the user sees while a command works: lines, and progress with an ETA.

Untrusted names cannot control the terminal: control characters and marks that change the reading
direction are escaped wherever text is written to it.
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
    """`text` with everything that controls a terminal escaped as in Python."""
    return _UNSEEN.sub(lambda found: _spelt(ord(found[0])), text)


def one_line(text: str) -> str:
    """The same with line ends escaped too, so that a name cannot imitate a message of ours."""
    return visible(text).replace("\n", "\\n")


def _spelt(code: int) -> str:
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a name that is not UTF-8 (PEP 383)
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def counted(number: float, thing: str) -> str:
    """`1 picture`, `12,000 pictures`, `0.5 minutes`; the plural ends in s."""
    shown = f"{int(number):,}" if float(number).is_integer() else f"{number:,g}"
    return f"{shown} {thing}{'' if number == 1 else 's'}"


class _Visible:
    """A stream that escapes control characters and writes to another one."""

    def __init__(self, stream: TextIO) -> None:
        # Rich writes its own colours to the stream of this name, which is not escaped.
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
    """Encode what an output's encoding lacks: raw bytes of names unchanged, the rest escaped."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return bytes([code - 0xDC00]), error.start + 1
    return character.encode("ascii", "backslashreplace").decode(), error.start + 1


codecs.register_error(AS_IT_CAN := "impasto", _as_it_can)


def guard_streams() -> None:
    """Escape stderr, and stdout if it is a terminal; programs get names unchanged.

    Further calls change nothing.
    """
    # None if they were closed before Python started.
    if sys.stderr is not None and not isinstance(sys.stderr, _Visible):
        sys.stderr = cast("TextIO", _Visible(sys.stderr))
    if sys.stdout is not None and sys.stdout.isatty() and not isinstance(sys.stdout, _Visible):
        sys.stdout = cast("TextIO", _Visible(sys.stdout))


class _StandardError(io.TextIOBase):
    """The current standard error; writing to it never fails.

    Text for a closed terminal (EIO) or a pipe without a reader (EPIPE) is dropped.
    """

    @property
    def _stream(self) -> TextIO | None:
        stream: Any = sys.stderr
        while inner := getattr(stream, "rich_proxied_file", None):  # Rich's proxies, and `_Visible`
            stream = inner
        return cast("TextIO | None", stream)

    def write(self, text: str) -> int:
        """Write if possible; programs get events line by line."""
        if events.are_told():
            for line in filter(str.strip, text.splitlines()):
                events.tell("said", text=line.rstrip())
        elif self._stream is not None:
            with suppress(OSError, ValueError):  # ValueError: closed
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush if possible."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.flush()

    def isatty(self) -> bool:
        """Whether it is a terminal that is still open."""
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:
            return False

    def fileno(self) -> int:
        """Its file descriptor, for finding the terminal's width."""
        if self._stream is None:
            raise OSError("there is no standard error")
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Its encoding."""
        return getattr(self._stream, "encoding", None) or "utf-8"


class _Console(Console):
    """A console that escapes texts but not its own colours and cursor movements."""

    @property
    def is_terminal(self) -> bool:
        """Whether it can redraw lines; not when a program reads events."""
        return not events.are_told() and super().is_terminal

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render to segments; escape all but the console's own controls."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)


console = _Console(
    file=cast(IO[str], _StandardError()), highlight=False, soft_wrap=True, quiet=not rank.leads()
)
"""Progress and messages go to stderr; stdout is for results."""


def say(text: str, style: str | None = None) -> None:
    """Print a message for the user. `text` is plain: brackets in file names are kept."""
    console.print(one_line(text), style=style, markup=False)


def tell(*lines: object) -> None:
    """Print results on stdout, one per line.

    On a terminal they are escaped. Programs get them unchanged except for line ends, which would
    split a name in two (`--json` keeps those, too).
    """
    for line in map(str, lines):
        text = visible(line) if sys.stdout.isatty() else line
        sys.stdout.write(text.translate(_LINE_ENDS) + "\n")


_LINE_ENDS = {10: "\\n", 13: "\\r"}


class _Description(TextColumn):
    """The description of a bar, on one line."""

    def __init__(self) -> None:
        super().__init__("{task.description}", markup=False)

    def render(self, task: Task) -> Text:
        """The task's description."""
        return Text(one_line(task.description))


class _Bar(Progress):
    """A progress bar that also writes events for programs."""

    pace: events.Pace
    unit: str

    def update(self, task_id: TaskID, **fields: Any) -> None:
        """Update the bar."""
        super().update(task_id, **fields)
        self._tell(task_id)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Advance the bar."""
        super().advance(task_id, advance)
        self._tell(task_id)

    def _tell(self, task_id: TaskID) -> None:
        task = self._tasks[task_id]
        if self.pace.due(last=task.finished):
            amounts = {"done": task.completed, "total": task.total, "eta": task.time_remaining}
            events.tell("progress", what=task.description, unit=self.unit, **amounts)


def progress_bar(*columns: TextColumn, unit: str = "") -> Progress:
    """A progress bar with count, elapsed time and ETA; silent without a terminal."""
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
"""Called when work begins (0 done) and after each piece: (description, done, total)."""

_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send progress of `track` to a listener instead of showing a bar."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.pop()


def track(
    items: Iterable[Item], description: str, total: int, unit: str = "", quiet: bool = False
) -> Iterator[Item]:
    """Iterate over `items` under a progress bar; if `quiet`, only for a listener (`listening`)."""
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
    """Show that work of a few seconds, without a known number of parts, is in progress."""
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
