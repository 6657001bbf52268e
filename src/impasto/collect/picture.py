"""Is it a picture? Decided by its content, never by what a server calls it."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image

from impasto.collect.client import FetchError

SUFFIXES = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "TIFF": ".tif",
    "AVIF": ".avif",
    "GIF": ".gif",
    "BMP": ".bmp",
}
"""The formats that are kept, by Pillow's name, and the suffix each one gets."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a picture's header says."""

    suffix: str
    width: int
    height: int


def identify(content: bytes, where: str) -> Kind:
    """Read a picture's header; nothing is decoded, `impasto prepare` does that.

    Args:
        content: the whole file.
        where: its address, for the error.

    Raises:
        FetchError: it is not a picture of a format that is kept.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # half the bound below is only a warning
            with Image.open(io.BytesIO(content), formats=list(SUFFIXES)) as picture:
                kind = Kind(SUFFIXES[picture.format or ""], *picture.size)
    except Image.DecompressionBombError as error:
        raise FetchError(
            f"{where} has more pixels than can be opened safely.", "too large"
        ) from error
    except Exception as error:  # a stranger's header makes Pillow raise nearly anything
        raise FetchError(f"{where} is not a picture that can be read.", "not a picture") from error
    if min(kind.width, kind.height) < 1:
        raise FetchError(f"{where} is a picture of no size.", "not a picture")
    return kind
