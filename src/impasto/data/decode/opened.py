"""From an opened file to an upright RGB picture, whichever decoder it takes."""

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from impasto.data.decode import plain as pillow
from impasto.data.decode.boxes import code_points_of, profile_of
from impasto.data.decode.colour import Ink, from_file, plain
from impasto.data.decode.damage import check_end
from impasto.data.decode.jpeg import decode_jpeg
from impasto.data.decode.jpeg2000 import check_jpeg2000, stretched
from impasto.data.decode.libtiff import strict_library
from impasto.data.decode.png import (
    Png,
    check_png,
    count_rows,
    orientation_behind,
    sixteen_bits,
)
from impasto.data.decode.psd import mend_psd
from impasto.data.decode.sheet import Band, Sheet, lay, stripes, to_image, turned
from impasto.data.decode.tiff import open_deep
from impasto.data.decode.tiff_deflate import check_deflated
from impasto.data.decode.tiff_pages import full_picture_first
from impasto.data.decode.unknown import unidentified
from impasto.data.decode.verdict import Unreadable
from impasto.data.decode.windows import colours_of, look_into_icon

# EPS and its like are missing on purpose: they are programs, run by an interpreter.
FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "PCX", "PNG"),
    *("PPM", "PSD", "QOI", "SGI", "TIFF", "WEBP"),
)
"""Pillow's names of the formats that are read."""

Wanted = Callable[[int, int], tuple[int, int]]
"""From the upright width and height to the least size that is still useful."""

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
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

PngImagePlugin.MAX_TEXT_CHUNK = 2**24
"""Bytes that a PNG's colour profile or text may unpack to: profiles with tables have over a MB."""


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
    alpha: NDArray[np.uint8] | None = None
    """(H, W), only if no matte was given and something is not opaque."""


@dataclass(frozen=True)
class _Stored:
    """A picture as its file holds it, not yet turned."""

    format: str
    ink: Ink
    info: dict[Any, Any]
    """What Pillow found beside the pixels."""
    size: tuple[int, int]
    """Width and height in the file."""
    notes: tuple[str, ...]
    orientation: int


def decode_any(
    file: BinaryIO, wanted: Wanted | None, matte: int | None, most_pixels: int
) -> Decoded:
    """Find out what a file is, and decode it; see `decode_content`."""
    file.seek(0)
    head = file.read(512)
    if head.startswith(_TIFF):
        file = full_picture_first(file)
        deep = open_deep(file)
        if deep is not None:
            _bound(deep.width, deep.height, most_pixels)
            size = (deep.width, deep.height)
            stored = _Stored("TIFF", deep.ink, deep.info, size, deep.notes, deep.orientation)
            return _laid(stored, size, deep.bands(), matte)
    file.seek(0)
    try:
        image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise unidentified(head, file, FORMATS) from error
    with image:
        _bound(image.width, image.height, most_pixels)
        if image.format in ("JPEG", "MPO"):
            return _decode_jpeg(image, file, wanted)
        if image.format == "PNG":
            png = check_png(file)
            image.info["cicp"] = png.cicp
            _scale_transparency(image, png)
            if png.depth == 16:
                if "Raw profile type exif" not in image.info:
                    image.info.setdefault("exif", b"")  # or Pillow would decode all to look for it
                stored = _stored(image, "L" if png.kind in (0, 4) else "RGB")
                if stored.orientation == 1:
                    stored = replace(stored, orientation=orientation_behind(png))
                bands = sixteen_bits(file, png, image.info.get("transparency"))
                return _laid(stored, image.size, bands, matte)
            if not _last_row(image):
                count_rows(file, png)
            return _decode_by_pillow(image, matte)
        check_end(file, image)
        if image.format == "TIFF":
            check_deflated(file, image)
        _check_cost(image, most_pixels)
        return _decode_by_pillow(_told_more(file, image), matte)


def _told_more(file: BinaryIO, image: Image.Image) -> Image.Image:
    """An opened picture with what Pillow passes over in its file.

    Raises:
        Unreadable: a kind that Pillow misreads.
    """
    if image.format == "PSD":
        mend_psd(file, image)
    elif image.format == "AVIF" and not image.info.get("icc_profile"):
        image.info["cicp"] = code_points_of(file)
    elif image.format == "BMP":
        image.info.update(colours_of(file))
    elif image.format == "ICO":
        look_into_icon(file, image)
    elif image.format == "JPEG2000":
        header = check_jpeg2000(file)
        if profile := profile_of(file):
            image.info["icc_profile"] = profile
        if header is not None and header.depths[0] < 8:
            image.load()
            deep, image = image, stretched(image, header)
            image.format, image.info = deep.format, deep.info
    return image


def _scale_transparency(image: Image.Image, png: Png) -> None:
    """Greys of two and four bits are stretched by Pillow, but not the one that is transparent."""
    clear = image.info.get("transparency")
    if png.kind == 0 and png.depth in (2, 4) and isinstance(clear, int):
        image.info["transparency"] = clear * 255 // (2**png.depth - 1)


def _last_row(image: Image.Image) -> bool:
    """Whether there is anything in it."""
    row = image.crop((0, image.height - 1, image.width, image.height))
    return any(row.tobytes())


COSTS = {"WEBP": 17, "JPEG2000": 20, "AVIF": 12}
"""Bytes a pixel that a decoder takes, of those that take more than `USUAL`."""

USUAL = 8
"""Bytes a pixel that decoding may take, of the largest picture."""


_JPEG_BYTES, _JPEG_BESIDE = 8, 2**26
"""Bytes a pixel of the least compressed JPEG, twice over, and bytes of other things in its file
(profiles, small copies, a phone's short film): all of a JPEG is in memory while it is decoded."""


def _check_cost(image: Image.Image, most_pixels: int) -> None:
    """Refuse what would take more memory than the largest picture of the usual formats."""
    cost = COSTS.get(image.format or "", USUAL)
    if image.width * image.height * cost > USUAL * most_pixels:
        size, most = f"{image.width}×{image.height} pixels", USUAL * most_pixels // cost
        raise Unreadable(
            "decompression bomb", f"{size}, at most {most:,} are read of a {image.format}"
        )


def _bound(width: int, height: int, most: int) -> None:
    if width * height > most:
        size = f"{width}×{height} pixels"
        raise Unreadable("decompression bomb", f"{size}, at most {most:,} are read")


def _stored(image: Image.Image, ink: Ink) -> _Stored:
    size = (image.width, image.height)
    notes, turn = _notes(image), orientation_of(image)
    return _Stored(image.format or "", ink, image.info, size, notes, turn)


def _decode_jpeg(image: Image.Image, file: BinaryIO, wanted: Wanted | None) -> Decoded:
    stored = _stored(image, pillow.ink_of(image))
    least = None
    if wanted is not None:
        upright = image.size[::-1] if stored.orientation >= 5 else image.size
        least = wanted(*upright)
        least = least[::-1] if stored.orientation >= 5 else least
    return _upright(stored, Sheet(_jpeg_in_srgb(file, stored, least), None, False))


def _jpeg_in_srgb(
    file: BinaryIO, stored: _Stored, least: tuple[int, int] | None
) -> NDArray[np.uint8]:
    """(H, W, 3), not yet turned; what libjpeg gave is freed before the next copy is made."""
    across, down = stored.size
    most = _JPEG_BYTES * across * down + _JPEG_BESIDE
    if file.seek(0, os.SEEK_END) > most:
        size = f"{across}×{down} pixels"
        raise Unreadable("too large", f"a JPEG of {size} with more than {most / 2**20:.0f} MB")
    file.seek(0)
    ink = stored.ink
    samples = decode_jpeg(file.read(), stored.size, ink, least)
    convert = from_file(stored.info, ink)
    if ink == "RGB" and convert is None:
        return samples
    height, width = samples.shape[:2]

    def bands() -> Iterator[Band]:
        for top, bottom in stripes(width, height):
            part = samples[top:bottom]
            # By Adobe's custom, which Pillow follows too, four inks are stored inverted.
            yield Band((slice(top, bottom), slice(None)), 255 - part if ink == "CMYK" else part)

    return lay(width, height, bands(), convert or plain(ink), None).rgb


def _decode_by_pillow(image: Image.Image, matte: int | None) -> Decoded:
    notes = _notes(image)
    with strict_library() if image.format == "TIFF" else nullcontext():
        image.load()
    # What the decoder has turned already it has taken out of the EXIF data.
    orientation, ink = orientation_of(image), pillow.ink_of(image)
    stored = _Stored(image.format or "", ink, image.info, image.size, notes, orientation)
    bare = image.mode == "RGB" and not image.has_transparency_data
    if not bare or from_file(image.info, ink) is not None:
        sheet = _lay(stored, image.size, pillow.bands(image), matte)
        image.close()  # its pixels are not needed beside the next copy
        return _upright(stored, sheet)
    whole = image.transpose(_TRANSPOSE[orientation]) if orientation != 1 else image
    width, height = whole.size
    rotated = ("rotated",) if orientation != 1 else ()
    return Decoded(whole, width, height, (*notes, *rotated), False, stored.format)


def _laid(
    stored: _Stored, size: tuple[int, int], bands: Iterator[Band], matte: int | None
) -> Decoded:
    return _upright(stored, _lay(stored, size, bands, matte))


def _lay(stored: _Stored, size: tuple[int, int], bands: Iterator[Band], matte: int | None) -> Sheet:
    convert = from_file(stored.info, stored.ink) or plain(stored.ink)
    return lay(*size, bands, convert, matte)


def _upright(stored: _Stored, sheet: Sheet) -> Decoded:
    """The sheet, turned; it is empty then, since there is no memory for a third copy."""
    turn = stored.orientation
    width, height = stored.size[::-1] if turn >= 5 else stored.size
    notes = (*stored.notes, "rotated") if turn != 1 else stored.notes
    image = to_image(turned(sheet.rgb, turn))
    sheet.rgb = np.empty((0, 0, 3), np.uint8)
    alpha = sheet.alpha
    if alpha is not None:
        alpha = np.ascontiguousarray(turned(alpha, turn))
    return Decoded(image, width, height, notes, sheet.transparent, stored.format, alpha)


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
    if image.mode == "LAB":
        return tuple(notes)  # whose second band is an "A" as well
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        notes.append("alpha")
    # Counting frames costs little: only these formats are scanned, and only their headers.
    if image.format in ("GIF", "WEBP", "AVIF", "PNG") and getattr(image, "is_animated", False):
        notes.append("animated: first frame")
    return tuple(notes)
