"""Any picture file to RGB pixels: bounded, every mode, or one short reason why not.

Decoding takes at most 8 bytes a pixel, the result of 4 included: whatever is deeper than that is
converted a band at a time, and large files are not held whole. The decoders of WebP, AVIF and
JPEG 2000 take 12 to 20, so of these only smaller pictures are read: no picture takes more memory.
"""

import errno
import io
import os
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from impasto.core.images import Picture
from impasto.data.decode.opened import FORMATS, Decoded, Wanted, decode_any
from impasto.data.decode.sheet import to_array
from impasto.data.decode.verdict import NOT_READ, Unreadable

__all__ = [
    "FORMATS",
    "MOST_PIXELS",
    "NOT_READ",
    "Decoded",
    "Unreadable",
    "Wanted",
    "decode",
    "decode_content",
    "decode_image",
    "open_content",
    "to_array",
]

MOST_PIXELS = 178_956_970
"""Pictures beyond this many pixels are refused unread: half a gigabyte as RGB."""

HELD = 2**23
"""Bytes of a file that is read at once; larger ones are read as they are decoded."""

_DEEPEST = 16
"""Bytes a pixel of the deepest pictures: a file with more is no picture within the bound."""


def decode(path: Path) -> Picture:
    """Decode a picture file at full size.

    Returns:
        (H, W, 3), uint8, RGB, upright, on white where it was transparent.

    Raises:
        Unreadable: with the reason why it is no picture.
    """
    return to_array(decode_image(path).image)


def decode_image(
    path: Path,
    wanted: Wanted | None = None,
    matte: int | None = 255,
    most_pixels: int = MOST_PIXELS,
) -> Decoded:
    """Read and decode a picture file: `open_content`, then `decode_content`.

    Raises:
        Unreadable: empty, truncated, corrupt, not an image, or too large to decode safely.
    """
    with open_content(path, most_pixels) as file:
        return decode_content(file, wanted, matte, most_pixels)


def open_content(path: Path, most_pixels: int = MOST_PIXELS) -> BinaryIO:
    """A file's content, bounded; of small files a copy, since codecs read in many small steps.

    Raises:
        Unreadable: it is empty, may not be read, or is larger than any picture within bounds.
    """
    most_bytes = _DEEPEST * most_pixels + 2**20
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            raise Unreadable("unreadable", "not a regular file")
        file = path.open("rb")
        size = os.fstat(file.fileno()).st_size
        if HELD < size <= most_bytes:
            return file
        with file:
            content = file.read(HELD) if size <= HELD else b""
    except OSError as error:
        raise Unreadable("unreadable", error.strerror or str(error)) from error
    if size > most_bytes:
        raise Unreadable("too large", f"more than {most_bytes / 2**20:.0f} MB")
    if not content:
        raise Unreadable("empty file")
    return io.BytesIO(content)


def decode_content(
    file: BinaryIO,
    wanted: Wanted | None = None,
    matte: int | None = 255,
    most_pixels: int = MOST_PIXELS,
) -> Decoded:
    """Decode a picture file's content.

    Args:
        file: its bytes count, not its suffix.
        wanted: from the upright width and height to the least size that is still useful;
            a large JPEG is then decoded at 1/2, 1/4 or 1/8, which is many times faster.
        matte: the grey (0–255) that shows through transparent pixels; None keeps the
            transparency apart.
        most_pixels: refuse pictures with more.

    Raises:
        Unreadable: truncated, corrupt, not an image, of a kind that is not read, too large to
            decode safely, or the disk failed ("unreadable").
    """
    try:
        with warnings.catch_warnings():
            # Without the file's name they help nobody; what matters is refused.
            warnings.simplefilter("ignore")
            return decode_any(file, wanted, matte, most_pixels)
    except Unreadable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        most = f"at most {most_pixels:,} pixels are read"
        raise Unreadable("decompression bomb", most) from error
    except MemoryError as error:
        raise Unreadable("decompression bomb", "not enough memory to decode it") from error
    except OSError as error:
        # Codecs' own have no number; damage may ask for a place before the file's beginning.
        if error.errno in (None, errno.EINVAL):
            raise _verdict(error) from error
        raise Unreadable("unreadable", error.strerror or str(error)) from error
    except Exception as error:  # codecs raise ValueError, SyntaxError, struct.error, …
        raise _verdict(error) from error


def _verdict(error: Exception) -> Unreadable:
    """What a codec's error says of a file."""
    text = str(error).lower()
    if "decompressed data too large" in text:  # a PNG's, beside the pixels
        most = "its colour profile or a text would unpack to more than 16 MB"
        return Unreadable("decompression bomb", most)
    reason = "truncated" if "truncated" in text or "eof" in text else "corrupt"
    reason = NOT_READ if "unsupported" in text else reason
    return Unreadable(reason, _first_sentence(error))


def _first_sentence(error: BaseException) -> str:
    return str(error).split("\n")[0].split(",")[0][:120] or type(error).__name__
