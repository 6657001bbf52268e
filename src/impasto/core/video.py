"""Writes films as MP4, GIF or WebP, with one frame in memory at a time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from impasto.core.files import part_of, publish
from impasto.core.images import Picture
from impasto.errors import ImpastoError

_BT709, _LIMITED = 1, 1  # FFmpeg's codes for ITU-R BT.709 and the range 16–235


@dataclass(frozen=True)
class _Kind:
    """Encoder settings of a film format."""

    codec: str
    pixels: str
    fastest: float
    convert: Callable[[Iterator[Picture]], Iterator[VideoFrame]]
    encoder: dict[str, str]
    container: dict[str, str]


def check_film(path: Path, fps: float) -> None:
    """Check before any work that a film could be written.

    Raises:
        ImpastoError: the suffix names no film, or the frame rate is out of range.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in KINDS:
        raise ImpastoError(f"{path}: a film ends in .{', .'.join(KINDS)}.")
    if not 0.1 <= fps <= KINDS[kind].fastest:
        raise ImpastoError(
            f"--fps {fps:g}: a .{kind} film shows 0.1 to {KINDS[kind].fastest:g} frames a second."
        )


def write_film(path: Path, frames: Iterable[Picture], fps: float = 30.0) -> int:
    """Encode frames one by one; the file appears only once it is complete.

    MP4 has H.264, for players; GIF and WebP loop forever, for pages.

    Args:
        path: ends in .mp4, .gif or .webp.
        frames: (H, W, 3), uint8, RGB, all of one size. For MP4 an odd side is made even by
            repeating its last row or column, since colour is stored for 2 × 2 pixels.
        fps: frames per second.

    Returns:
        The number of frames written.

    Raises:
        ImpastoError: no such kind of film, no frames, or frames of different sizes.
        OSError: the disk is full, or the folder may not be written.
    """
    check_film(path, fps)
    kind, coming = path.suffix.lower().lstrip("."), iter(frames)
    first = next(coming, None)
    if first is None:
        raise ImpastoError(f"{path}: there are no frames to make a film of.")
    # FFmpeg opens its file by name, to move an MP4's index to the front at the end, so
    # `atomic_writer` does not fit. An absolute path cannot look like a protocol, such as `http:`.
    with part_of(path.absolute()) as (file, temporary):
        try:
            count = _encode(temporary, kind, _checked(chain([first], coming), path), fps)
        except FFmpegError as error:
            if isinstance(error, OSError):  # a full disk, or no permission
                raise OSError(error.errno, error.strerror, str(path)) from error
            raise ImpastoError(f"{path} could not be encoded ({error}).") from error
        publish(file, temporary, path)
    return count


def _encode(path: Path, kind: str, frames: Iterator[Picture], fps: float) -> int:
    settings, rate, count = KINDS[kind], Fraction(fps).limit_denominator(1000), 0
    with av.open(str(path), "w", format=kind, options=settings.container) as film:
        stream = film.add_stream(settings.codec, rate, settings.encoder)
        assert isinstance(stream, VideoStream)  # not audio
        stream.pix_fmt = settings.pixels
        for frame in settings.convert(frames):
            if count == 0:
                stream.width, stream.height = frame.width, frame.height
                if settings.pixels == "yuv420p":  # untagged small films would be shown as BT.601
                    context = stream.codec_context
                    context.colorspace = context.color_primaries = context.color_trc = _BT709
                    context.color_range = _LIMITED
            frame.pts, frame.time_base = count, 1 / rate
            film.mux(stream.encode(frame))
            count += 1
        film.mux(stream.encode(None))
    return count


def _checked(frames: Iterator[Picture], path: Path) -> Iterator[Picture]:
    shape: tuple[int, ...] | None = None
    for number, frame in enumerate(frames):
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or not frame.size:
            raise ImpastoError(f"{path}: frame {number} is not a picture (H, W, 3) of bytes.")
        shape = shape or frame.shape
        if frame.shape != shape:
            raise ImpastoError(
                f"{path}: frame {number} is {frame.shape[1]}×{frame.shape[0]} pixels, "
                f"the first {shape[1]}×{shape[0]}; a film has one size."
            )
        yield np.ascontiguousarray(frame)


def _plain(frames: Iterator[Picture]) -> Iterator[VideoFrame]:
    for frame in frames:
        yield VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="bgra")


def _halved_colour(frames: Iterator[Picture]) -> Iterator[VideoFrame]:
    for frame in frames:
        height, width, _ = frame.shape
        even = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        rgb = VideoFrame.from_ndarray(even, format="rgb24")
        yield rgb.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")


def _indexed(frames: Iterator[Picture]) -> Iterator[VideoFrame]:
    """A palette of 256 colours for each frame, so that a long film needs no second pass.

    Dithering is ordered, so its pattern does not move in still parts of the picture.
    """
    graph: av.filter.Graph | None = None
    for count, frame in enumerate(frames):
        if graph is None:
            graph = _palette_graph(frame.shape[1], frame.shape[0])
        rgb = VideoFrame.from_ndarray(frame, format="rgb24")
        rgb.pts, rgb.time_base = count, Fraction(1, 100)
        graph.vpush(rgb)
        yield graph.vpull()


def _palette_graph(width: int, height: int) -> av.filter.Graph:
    graph = av.filter.Graph()
    rgb24 = av.VideoFormat("rgb24")
    source = graph.add_buffer(None, width, height, rgb24, time_base=Fraction(1, 100))
    split, palette = graph.add("split"), graph.add("palettegen", "stats_mode=single")
    use, sink = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=3"), graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph


KINDS = {
    # crf 16 is finer than x264's default 23, for brushwork; preset medium is its default.
    "mp4": _Kind(
        "libx264",
        "yuv420p",
        120.0,
        _halved_colour,
        {"crf": "16", "preset": "medium"},
        {"movflags": "faststart"},
    ),
    # GIF times are hundredths of a second, and browsers slow down rates above 50.
    "gif": _Kind("gif", "pal8", 50.0, _indexed, {}, {"loop": "0"}),
    "webp": _Kind("libwebp_anim", "bgra", 120.0, _plain, {"quality": "88"}, {"loop": "0"}),
}
"""Film formats by suffix."""
