"""Reads untrusted films at even intervals, within limits, one frame in memory at a time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream

from impasto.core.images import Picture
from impasto.errors import ImpastoError

CLIPS = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")
"""Suffixes of films."""

FASTEST = 30.0
"""Most frames a second; faster films are thinned out."""

EARLY = 0.25
"""Share of a tick by which a frame may be late, since phones' clocks jitter."""

LEAST, MOST_PIXELS = 16, 8192 * 4320
"""Limits in pixels: a frame's shorter side, and its area."""

OPENED = {
    # A playlist disguised as a film would make FFmpeg open other files, even from the network.
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi",
}


@dataclass(frozen=True)
class Clip:
    """A film that is being read."""

    width: int
    """Pixels as displayed: rotated upright, with square pixels."""

    height: int
    fps: float
    """Frames a second, at most `FASTEST`."""

    seconds: float | None
    """Its declared length in seconds."""

    frames: Iterator[Picture]
    """(height, width, 3), uint8, at even intervals; a broken frame repeats the one before it."""


@contextmanager
def open_clip(path: Path, longer: int) -> Iterator[Clip]:
    """Open a film.

    Args:
        path: the file.
        longer: pixels of the frames' longer side at most; they are shrunk to it.

    Raises:
        ImpastoError: it is not a film, or its frames are missing, too small or too large; while
            frames are read: none can be decoded.
    """
    try:
        with av.open(str(path.absolute()), options=OPENED) as film:
            if not film.streams.video:
                raise ImpastoError(f"{path} has no pictures, perhaps only sound; name a film.")
            yield _opened(film, path, longer)
    except FFmpegError as error:
        if isinstance(error, OSError):  # missing, or not readable
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise ImpastoError(f"{path} cannot be read as a film ({error.strerror}).") from error


def _opened(film: InputContainer, path: Path, longer: int) -> Clip:
    stream = film.streams.video[0]
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    fps = min(rate, FASTEST) if rate >= 1 else 24.0
    size = f"{path} has frames of {stream.width}×{stream.height} pixels"
    if min(stream.width, stream.height) < LEAST:
        raise ImpastoError(f"{size}; a film to paint has at least {LEAST}×{LEAST}.")
    if stream.width * stream.height > MOST_PIXELS:
        raise ImpastoError(f"{size}; up to {MOST_PIXELS:,} pixels are read: make it smaller.")
    stream.codec_context.options = {"max_pixels": str(2 * MOST_PIXELS)}
    frames = _decoded(film, stream)
    first = next(frames, None)
    if first is None:
        raise ImpastoError(f"No frame of {path} can be read; it is damaged, or not complete.")
    wide = first.width * float(stream.sample_aspect_ratio or 1)
    scale = min(1.0, longer / max(wide, first.height))
    columns, rows = (max(1, round(side * scale)) for side in (wide, first.height))
    turns = round(first.rotation / 90) % 4
    width, height = (rows, columns) if turns % 2 else (columns, rows)
    seconds = film.duration / av.time_base if film.duration and film.duration > 0 else None

    def upright(frame: VideoFrame) -> Picture:
        shown = frame.reformat(columns, rows, "rgb24", interpolation=Interpolation.AREA)
        return np.ascontiguousarray(np.rot90(shown.to_ndarray(), turns))

    shown = map(upright, _even(chain([first], frames), fps))
    return Clip(width, height, fps, seconds, shown)


def _decoded(film: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """The readable frames; broken ones are skipped, and a truncated film just ends early."""
    packets = film.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except FFmpegError:
            continue
        yield from (frame for frame in frames if isinstance(frame, VideoFrame))


def _even(frames: Iterable[VideoFrame], fps: float) -> Iterator[VideoFrame]:
    """The current frame at each tick, repeated if the next one is late."""
    shown, start = 0, 0.0
    last: VideoFrame | None = None
    for count, frame in enumerate(frames):
        time = count / fps if frame.time is None else frame.time
        start = time if last is None else start
        while last is not None and shown < (time - start) * fps - EARLY:
            yield last
            shown += 1
        last = frame
    if last is not None:
        yield last
