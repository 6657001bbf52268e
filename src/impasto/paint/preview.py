"""The canvas as it grows, in a file that any viewer can follow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from impasto.core import clock, events
from impasto.core.console import progress_bar, say
from impasto.core.images import Picture, save
from impasto.core.notes import Notes
from impasto.errors import ImpastoError
from impasto.paint.canvas import to_bytes
from impasto.paint.document import IN_PROGRESS
from impasto.paint.painter import Look
from impasto.paint.place import PREVIEW, is_marked

Array = NDArray[np.float32]

PREVIEW_EVERY, TOLD_EVERY = 1.5, 0.5
"""Seconds between two live previews: for viewers that look now and then, and for a program."""


class Preview:
    """`preview.jpg` in a painting's folder while it is painted; taken away at the end.

    That it cannot be written is said once and ends no painting. Only what was written here, or by
    a process that was killed, is taken away; `check_place` sees beforehand to what others wrote.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / PREVIEW
        self.written, self.failed = is_marked(self.path), False
        self.last = clock.now()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.written:
            try:
                self.path.unlink(missing_ok=True)
            except OSError as failure:
                say(f"{self.path} could not be removed ({failure.strerror}).", style="yellow")

    def show(self, canvas: Picture, strokes: int, of: int) -> None:
        """Write the canvas, and tell programs of it.

        Args:
            canvas: (H, W, 3), uint8.
            strokes: how many are on it.
            of: how many there will be.
        """
        try:
            save(canvas, self.path, notes=Notes(source=IN_PROGRESS))
        except (OSError, ImpastoError) as error:
            if not self.failed:
                say(f"There is no preview ({error}); the painting goes on.", style="yellow")
            self.failed = True
            return
        self.written = True
        events.tell("preview", file=str(self.path), strokes=strokes, of=of)

    def show_when_due(self, canvas: Array, strokes: int, of: int) -> None:
        """The same every now and then, of a canvas (H, W, 3) in [0, 1]."""
        if clock.now() - self.last > (TOLD_EVERY if events.are_told() else PREVIEW_EVERY):
            self.show(to_bytes(canvas), strokes, of)
            self.last = clock.now()


class Watched:
    """How close the canvas was when last looked at."""

    def __init__(self, target: Array) -> None:
        self.target, self.psnr = target, 0.0

    def measure_error(self, look: Look) -> None:
        """Compare."""
        error = float(np.square(look.canvas - self.target).mean())
        self.psnr = float(-10 * np.log10(max(error, 1e-10)))


@contextmanager
def shown(strokes: int, preview: Preview, seen: Watched) -> Iterator[Callable[[Look], None]]:
    """A progress bar, and the preview every now and then."""
    preview.last = clock.now()
    with progress_bar(unit="strokes") as progress:
        task = progress.add_task("painting", total=strokes)

        def watch(look: Look) -> None:
            seen.measure_error(look)
            progress.update(task, completed=look.strokes, description=f"{seen.psnr:.1f} dB")
            preview.show_when_due(look.canvas, look.strokes, look.of)

        yield watch
