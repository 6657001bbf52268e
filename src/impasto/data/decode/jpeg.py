"""JPEG, strictly: libjpeg's warnings count, which Pillow swallows.

The same library decodes here as under Pillow, to the same pixels; but asked to stop at its first
warning, it tells damage from a picture.
"""

import io
import re
from collections.abc import Callable, Iterable
from typing import BinaryIO

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from impasto.core.console import counted
from impasto.data.decode.verdict import Unreadable

_END = b"\xff\xd9"
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]", re.DOTALL)
"""But those without a segment, and the bytes of pixels that look like one."""
_PROGRESSIVE = re.compile(rb"\xff[\xc2\xca]\x00")
_SCALES = (8, 4, 2, 1)
_SLACK = 2**16
"""Pixels beyond twice those of a strip that fill up its blocks."""


def decode_jpeg(
    content: bytes, size: tuple[int, int], ink: str, least: tuple[int, int] | None
) -> NDArray[np.uint8]:
    """Decode a whole file.

    Args:
        content: the file.
        size: its width and height by its header.
        ink: "L", "RGB" or "CMYK".
        least: width and height that are still useful; half, a quarter or an eighth of the size
            is decoded, many times faster, where that is enough.

    Returns:
        (H, W, 1, 3 or 4), uint8.

    Raises:
        Unreadable: truncated or corrupt.
    """
    smallest = least or size
    scale = next(s for s in _SCALES if s == 1 or _fits(size, smallest, s))
    sides = (-(-size[1] // scale), -(-size[0] // scale)) if scale > 1 else (0, 0)
    colours = {"L": "GRAY"}.get(ink, ink)

    def run(data: bytes) -> NDArray[np.uint8]:
        found = simplejpeg.decode_jpeg(data, colours, min_height=sides[0], min_width=sides[1])
        return np.asarray(found, np.uint8)

    try:
        found = _whole(content, run)
    except Unreadable as error:
        if "subsampling" not in str(error):
            raise
        found = _by_pillow(content)
    if _PROGRESSIVE.search(content[: 2**20]):
        _check_refined(content)
    return found


def _by_pillow(content: bytes) -> NDArray[np.uint8]:
    """Channels whose sides are to each other as the strict decoder does not know them.

    Here no warning tells of damage, so the end mark must be there.
    """
    if not content.rstrip(b"\0").endswith(_END):
        raise Unreadable("truncated", "it has no end mark")
    with Image.open(io.BytesIO(content), formats=["JPEG", "MPO"]) as image:
        samples = np.asarray(image)
        if image.mode == "CMYK":
            return 255 - samples  # as they are stored
        return samples[..., None] if samples.ndim == 2 else samples


def _check_refined(content: bytes) -> None:
    """Refuse a progressive picture that lacks whole scans: libjpeg shows it blurred.

    Each scan sends some coefficients of some components down to some bit (ITU-T T.81, G.1.1.1);
    in a whole picture all of them are sent down to the last.
    """
    at, components, sent = 2, b"", set()
    while (found := _MARKER.search(content, at)) is not None and content[found.end() - 1] != 0xD9:
        at = found.end()
        marker, length = content[at - 1], int.from_bytes(content[at : at + 2], "big")
        segment = content[at + 2 : at + length]
        if marker in (0xC2, 0xCA) and len(segment) > 6:
            components = segment[6::3]
        elif marker == 0xDA and segment and len(segment) >= 4 + 2 * segment[0]:
            first, last, bits = segment[1 + 2 * segment[0] :][:3]
            if bits & 15 == 0:
                names = segment[1 : 1 + 2 * segment[0] : 2]
                sent |= {(name, k) for name in names for k in range(first, last + 1)}
        at += length
    if any((name, k) not in sent for name in components for k in range(64)):
        raise Unreadable("truncated", "some of its scans are missing")


def check_scans(
    file: BinaryIO, places: Iterable[tuple[int, int]], tables: bytes, pixels: int, ink: str
) -> None:
    """The same strictness for the strips or tiles of a TIFF, which libtiff decodes without it.

    Args:
        file: the TIFF.
        places: offset and length of each strip.
        tables: what all of them share, a JPEG without a scan; or nothing.
        pixels: of the largest strip; one that says it has more is not decoded.
        ink: "L", "RGB" or "CMYK".

    Raises:
        Unreadable: truncated or corrupt.
    """
    for at, length in dict.fromkeys(places):  # blank tiles may be one
        file.seek(at)
        content = file.read(length)
        whole = tables.removesuffix(_END) + content[2:] if tables else content
        try:
            height, width = simplejpeg.decode_jpeg_header(whole)[:2]
        except ValueError as error:
            raise Unreadable("corrupt", str(error)) from error
        if height * width > 2 * pixels + _SLACK:
            raise Unreadable("corrupt", "a strip or tile is larger than the TIFF says")
        _whole(
            whole, lambda data: simplejpeg.decode_jpeg(data, "CMYK" if ink == "CMYK" else "GRAY")
        )


def _fits(size: tuple[int, int], least: tuple[int, int], scale: int) -> bool:
    return size[0] // scale >= least[0] and size[1] // scale >= least[1]


def _whole(content: bytes, run: Callable[[bytes], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    try:
        return run(content)
    except ValueError as error:
        if "Premature end of JPEG file" not in str(error):
            raise Unreadable("corrupt", str(error)) from error
    # No end mark. Many scraped files lack only that; no sound scan ends in zeros, for it is
    # filled up with ones. What is there must be the whole scan, or the decoder warns again.
    scan = content.rstrip(b"\0").removesuffix(_END[:1])
    try:
        return run(scan + _END)
    except ValueError as error:
        zeros = len(content) - len(content.rstrip(b"\0"))
        if zeros > 1:
            raise Unreadable("corrupt", f"it ends in {counted(zeros, 'zero byte')}") from error
        raise Unreadable("truncated", "it has no end mark") from error
