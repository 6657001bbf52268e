"""From a film to a painted film: each frame follows the one before, its strokes stay."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.brush.brushes import load_brush
from impasto.brush.choice import drawn_by, is_borrowed
from impasto.core import clock
from impasto.core.console import say, track
from impasto.core.footage import Clip, open_clip
from impasto.core.images import Picture
from impasto.core.interrupts import noted
from impasto.core.video import write_film
from impasto.errors import ImpastoError
from impasto.paint.canvas import to_bytes
from impasto.paint.commission import DEFAULT_SIZE, Done, Order, loss_of
from impasto.paint.document import BORROWED, save_painting
from impasto.paint.moving import Moving
from impasto.paint.painter import LONGEST, Subject
from impasto.paint.palette import parse_palette, snapper
from impasto.paint.place import PREVIEW, STROKES, check_place, remove_stale
from impasto.paint.preview import Preview
from impasto.paint.several import in_common
from impasto.paint.subject import care_of, subject_of
from impasto.paint.weave import weave

Array = NDArray[np.float32]

STOPPING = "Stopping after this frame; the film so far is kept."


def paint_clip(path: Path, order: Order, out: Path, started: float | None = None) -> Done:
    """Paint a film's first seconds, and write the painted film and the last frame's strokes.

    Ctrl-C ends the film after the frame in which it is pressed, and what is painted is written.

    Args:
        path: the film, from whomever it comes.
        order: how; its `film_seconds` are the most that are painted.
        out: the folder for the files.
        started: when the user began to wait, by `core.clock`; now if not given.

    Raises:
        ImpastoError: it is no film, an option does not fit one, or a file would be replaced that is
            no earlier painting's.
        KeyboardInterrupt: Ctrl-C in the first frame, or again while the film is written.
    """
    began = clock.now() if started is None else started
    _check(order)
    longer = order.size or DEFAULT_SIZE[0]
    film = out / f"painting.{order.film or 'mp4'}"
    names = [film.name, STROKES, *([BORROWED] if is_borrowed(drawn_by(order.brush)) else [])]
    check_place(out, [*names, PREVIEW])
    with open_clip(path, longer) as clip, Preview(out) as preview:
        count = _length(clip, path, order)
        painted = _Painted(order, longer, preview)
        frames = islice(clip.frames, count)
        coming = painted.follow(track(frames, "painting", count, "frames"))
        # Until the first is painted Ctrl-C ends at once: there is nothing to keep.
        if (first := next(coming, None)) is None:
            raise ImpastoError(f"{path} has no frame that can be read; name another film.")
        with noted(lambda: say(STOPPING)) as painted.is_over:
            write_film(film, chain([first], coming), clip.fps)
            painting = painted.moving.painting(painted.last)
            remove_stale(out, names)
            save_painting(painting, out / STROKES)
    files = {"strokes": out / STROKES, "painting": film}
    psnr = float(-10 * np.log10(max(float(np.mean(painted.errors)), 1e-10)))
    spent = clock.now() - began
    return Done(files, len(painting.strokes), psnr, spent, not painted.stopped, painted.stopped)


class _Painted:
    """Frames as they are painted."""

    moving: Moving
    last: Subject
    frame: Picture

    def __init__(self, order: Order, longer: int, preview: Preview) -> None:
        self.order, self.longer, self.preview = order, longer, preview
        self.care: Array | None = None
        """Of a mask that is a file: it is the same for all frames."""

        self.errors: list[float] = []
        self.stopped = False
        self.is_over: Callable[[], bool] = lambda: False
        """Whether the film is to end before its next frame."""

    def follow(self, frames: Iterator[Picture]) -> Iterator[Picture]:
        """(H, W, 3), uint8, in and out; ends early when it `is_over`, or by Ctrl-C in a frame."""
        for number, frame in enumerate(frames):
            if number == 0:
                self._begin(frame)
            elif self.is_over():
                self.stopped = True
                return
            try:
                canvas = self._frame(frame)
            except KeyboardInterrupt:
                self.stopped = True
                if number:
                    return
                raise  # there is nothing to keep
            yield to_bytes(canvas * self.cloth)

    def _begin(self, frame: Picture) -> None:
        self.order = order = in_common(self.order, [frame])
        height, width = frame.shape[:2]
        plan = replace(
            order.plan,
            finest=(order.thinnest or 0) / self.longer,
            broadest=(order.broadest or self.longer) / self.longer,
        )
        self.snap = None
        if order.palette:
            self.snap = snapper(parse_palette(order.palette, frame))
        brush = load_brush(order.brush)
        self.moving = Moving(brush.name, brush.network, plan, loss_of(order), self.snap)
        if order.mask:
            self.moving.look = self._look
        rows = range(height)
        self.cloth = weave(order.texture or "none", rows, width, max(height, width))[..., None]

    def _frame(self, frame: Picture) -> Array:
        # Where it matters is looked at in `_look`, and in frames that are painted only.
        plain = replace(self.order, mask=None)
        subject = subject_of(frame, plain, max(frame.shape[:2]))
        self.frame, seen = frame, subject.picture
        if self.snap:
            subject = replace(subject, picture=np.stack([self.snap(row) for row in seen]))
        canvas = self.moving.show(subject)
        self.errors.append(float(np.square(canvas - seen).mean()))
        self.last = subject
        strokes = self.order.plan.strokes
        self.preview.show_when_due(canvas, strokes, strokes)
        return canvas

    def _look(self, height: int, width: int) -> Array:
        """(H, W): how much each pixel of this frame matters, by the mask."""
        if self.care is None or self.order.mask == "auto":
            self.care = care_of(self.frame, self.order, height, width)
        return self.care


def _check(order: Order) -> None:
    """Refuse what makes no sense of a film before it is read."""
    for name, value in (
        ("--style", order.style),
        ("--time", order.plan.seconds),
        ("--sparing", order.sparing),
        ("--plot", order.plot),
        ("--opaque", order.hand),
        ("--from-canvas", order.begun),
        ("--svg", order.svg),
        ("--ora", order.ora),
        ("--print", order.paper),
    ):
        if value is not None and value is not False:
            raise ImpastoError(f"{name} is for photographs, not for films; leave it out.")
    if order.size and order.size > LONGEST:
        raise ImpastoError(
            f"--size {order.size}: films are painted at up to {LONGEST:,} pixels; ask for less "
            "and enlarge the result."
        )


def _length(clip: Clip, path: Path, order: Order) -> int:
    """How many frames are painted."""
    count = max(1, round(order.film_seconds * clip.fps))
    if clip.seconds is None:
        return count
    if clip.seconds > order.film_seconds + 1 / clip.fps:
        say(
            f"{path} lasts {clip.seconds:.0f} s; its first {order.film_seconds:g} s are painted; "
            "--film-seconds changes that.",
            style="dim",
        )
    return min(count, max(1, round(clip.seconds * clip.fps)))
