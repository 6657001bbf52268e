"""Any picture file to RGB pixels: bounded, every mode, or one short reason why not."""

import io
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

from impasto.core.images import Picture

MOST_PIXELS = 178_956_970
"""Pictures beyond this many pixels are refused unread: half a gigabyte as RGB."""

# EPS and its like are missing on purpose: they are programs, run by an interpreter.
FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "PCX", "PNG"),
    *("PPM", "PSD", "QOI", "SGI", "TIFF", "WEBP"),
)

_SIGNATURES = (
    *(b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"BM"),
    *(b"8BPS", b"qoif", b"\0\0\0\x0cjP", b"\xff\x4f\xff\x51"),
)
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to what undoes it."""

# Pillow registers the rarer formats late; by then `formats=` would not find them.
Image.init()

# The size is checked below, with a limit of our own, before a single pixel is decoded.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class Unreadable(Exception):  # noqa: N818 -- a verdict on a file, not a fault of the program
    """A file that is no picture; `reason` is short and countable, `detail` says more."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail

    def __str__(self) -> str:
        """The reason, with the detail in brackets."""
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


@dataclass(frozen=True)
class Decoded:
    """One picture, upright, in RGB."""

    image: Image.Image
    """RGB; possibly smaller than the file says where `wanted` allowed it."""
    width: int
    """Of the upright picture in the file, in pixels."""
    height: int
    notes: tuple[str, ...]
    """What was converted: `greyscale`, `CMYK`, `palette`, `rotated` …"""
    transparent: bool
    """Every pixel is fully transparent: there is nothing to see."""
    format: str = ""
    """What the file really is: `JPEG`, `PNG` … whatever its suffix says."""


def decode(path: Path) -> Picture:
    """Decode a picture file at full size.

    Returns:
        (H, W, 3), uint8, RGB, upright, on white where it was transparent.

    Raises:
        Unreadable: with the reason why it is no picture.
    """
    return np.asarray(decode_image(path).image)


def decode_image(
    path: Path,
    wanted: Callable[[int, int], tuple[int, int]] | None = None,
    matte: int = 255,
    most_pixels: int = MOST_PIXELS,
) -> Decoded:
    """Read and decode a picture file: `read_content`, then `decode_content`.

    Raises:
        Unreadable: empty, truncated, corrupt, not an image, or too large to decode safely.
    """
    return decode_content(read_content(path, most_pixels), wanted, matte, most_pixels)


def read_content(path: Path, most_pixels: int = MOST_PIXELS) -> bytes:
    """The whole file, bounded: reading once is faster than the codec's many small reads.

    Raises:
        Unreadable: it is empty, may not be read, or is larger than any picture within bounds.
    """
    most_bytes = 4 * most_pixels + 2**20  # more than an uncompressed picture within the bound
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            raise Unreadable("unreadable", "not a regular file")
        with path.open("rb", buffering=0) as file:
            # As much as there is: asking for the bound would reserve that much memory each time.
            content = file.read(min(os.fstat(file.fileno()).st_size, most_bytes) + 1)
    except OSError as error:
        raise Unreadable("unreadable", error.strerror or str(error)) from error
    if not content:
        raise Unreadable("empty file")
    if len(content) > most_bytes:
        raise Unreadable("too large", f"more than {most_bytes / 2**20:.0f} MB")
    return content


def decode_content(
    content: bytes,
    wanted: Callable[[int, int], tuple[int, int]] | None = None,
    matte: int = 255,
    most_pixels: int = MOST_PIXELS,
) -> Decoded:
    """Decode the bytes of a picture file.

    Args:
        content: the file's bytes; they count, not its suffix.
        wanted: from the upright width and height to the least size that is still useful;
            a large JPEG is then decoded at 1/2, 1/4 or 1/8, which is many times faster.
        matte: the grey (0–255) that shows through transparent pixels.
        most_pixels: refuse pictures with more.

    Raises:
        Unreadable: truncated, corrupt, not an image, or too large to decode safely.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > most_pixels:
                raise _bomb(image.width, image.height, most_pixels)
            return _decode_opened(image, wanted, matte)
    except Unreadable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        most = f"at most {most_pixels:,} pixels are read"
        raise Unreadable("decompression bomb", most) from error
    except UnidentifiedImageError as error:
        raise _unidentified(content) from error
    except MemoryError as error:
        raise Unreadable("decompression bomb", "not enough memory to decode it") from error
    except Exception as error:  # codecs raise OSError, ValueError, SyntaxError, struct.error, …
        text = str(error).lower()
        reason = "truncated" if "truncated" in text or "eof" in text else "corrupt"
        raise Unreadable(reason, _first_sentence(error)) from error


def _bomb(width: int, height: int, most: int) -> Unreadable:
    return Unreadable("decompression bomb", f"{width}×{height} pixels, at most {most:,} are read")


def _unidentified(content: bytes) -> Unreadable:
    head = content[:512].lstrip().lower()
    if head.startswith(b"version https://git-lfs"):
        return Unreadable("not an image", "a Git LFS pointer: run `git lfs pull` to get the file")
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF:
        return Unreadable("HEIC", "an iPhone's format, which is not read: export it as JPEG")
    if head.startswith((b"<!doctype html", b"<html")):
        return Unreadable("not an image", "a web page, most often an error page")
    if content.startswith(_SIGNATURES):
        return Unreadable("corrupt", "begins like a picture, but its header is damaged")
    return Unreadable("not an image")


def _first_sentence(error: BaseException) -> str:
    return str(error).split("\n")[0].split(",")[0][:120] or type(error).__name__


def _decode_opened(
    image: Image.Image, wanted: Callable[[int, int], tuple[int, int]] | None, matte: int
) -> Decoded:
    orientation = orientation_of(image)
    sideways = orientation >= 5
    width, height = image.size[::-1] if sideways else image.size
    notes = _notes(image)
    kind = image.format or ""
    if wanted is not None:
        least = wanted(width, height)
        image.draft(None, least[::-1] if sideways else least)
    image.load()
    rgb, transparent = to_rgb(image, matte)
    if orientation != 1:
        rgb = turned(rgb, orientation)
        notes = (*notes, "rotated")
    return Decoded(rgb, width, height, notes, transparent, kind)


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """A picture as its file's EXIF orientation, 1–8, wants it seen."""
    return image.transpose(_TRANSPOSE[orientation]) if orientation != 1 else image


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1–8, of an opened file; 1 where there is none that makes sense."""
    try:
        found = image.getexif().get(0x0112, 1)
        return found if isinstance(found, int) and 1 <= found <= 8 else 1
    except Exception:  # damaged EXIF says nothing; the picture may still be whole
        return 1


def _notes(image: Image.Image) -> tuple[str, ...]:
    notes = []
    names = {"1": "greyscale", "L": "greyscale", "P": "palette", "CMYK": "CMYK", "LAB": "Lab"}
    names |= {"LA": "greyscale", "PA": "palette", "F": "floating point", "I": "32-bit grey"}
    if image.mode in names:
        notes.append(names[image.mode])
    elif image.mode.startswith("I;16"):
        notes.append("16-bit grey")
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        notes.append("alpha")
    # Counting frames costs little: only these formats are scanned, and only their headers.
    if image.format in ("GIF", "WEBP", "AVIF", "PNG") and getattr(image, "is_animated", False):
        notes.append("animated: first frame")
    return tuple(notes)


def to_rgb(image: Image.Image, matte: int = 255) -> tuple[Image.Image, bool]:
    """Convert a loaded image of any mode to RGB.

    Returns:
        The RGB image on a `matte`, and whether every pixel was fully transparent.
    """
    if image.mode == "RGBa":
        image = image.convert("RGBA")
    elif image.mode == "La":
        image = image.convert("LA")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return _on_matte(image.convert("RGBA"), matte)
    if image.mode.startswith(("I", "F")):
        grey = _to_eight_bits(np.asarray(image), image.mode)
        return Image.fromarray(grey).convert("RGB"), False
    if image.mode in ("CMYK", "LAB", "RGB"):
        return _by_profile(image), False
    return image.convert("RGB"), False


def _on_matte(image: Image.Image, matte: int) -> tuple[Image.Image, bool]:
    alpha = image.getchannel("A")
    low, high = alpha.getextrema()
    if low == 255:
        return image.convert("RGB"), False
    sheet = Image.new("RGB", image.size, (matte,) * 3)
    sheet.paste(image.convert("RGB"), mask=alpha)
    return sheet, high == 0


def _to_eight_bits(values: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    """Grey of 16 or 32 bits, or floating point, to 0–255.

    16 bits are divided by 257. The wider kinds do not say what white is: it is taken to be
    the smallest of 1 (floating point only), 255 and 65,535 that no pixel exceeds; where even
    that is exceeded, or a pixel is negative, the picture's own range is stretched.
    """
    grey = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(grey.min(initial=0.0)), float(grey.max(initial=0.0))
    whites = (65_535.0,) if mode.startswith("I;16") else (255.0, 65_535.0)
    whites = (1.0, *whites) if mode.startswith("F") else whites
    white = next((w for w in whites if high <= w), None)
    if white is None or low < 0:
        grey, white = grey - low, max(high - low, 1e-12)
    return np.asarray(np.clip(np.rint(grey * (255.0 / white)), 0, 255), dtype=np.uint8)


def _by_profile(image: Image.Image) -> Image.Image:
    """To sRGB through the embedded colour profile; without a usable one, by the plain formula."""
    embedded = image.info.get("icc_profile")
    source: Any
    if image.mode == "LAB":
        source = ImageCms.createProfile("LAB")
    elif not embedded:
        return image.convert("RGB")
    else:
        try:
            source = ImageCms.getOpenProfile(io.BytesIO(embedded))
        except (ImageCms.PyCMSError, OSError, ValueError):
            return image.convert("RGB")
    try:
        if image.mode == "RGB" and "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):  # a profile of another colour space
        if image.mode == "LAB":
            raise
        return image.convert("RGB")
    return converted if converted is not None else image
