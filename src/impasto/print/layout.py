"""A picture on a sheet: scaled with the house's filter, turned where that suits it, with bleed."""

import io
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageCms

from impasto.core.files import write_bytes
from impasto.core.images import FILTER
from impasto.core.paper import LARGEST_SIDE
from impasto.data.picture import read_subject, say_if_animated
from impasto.errors import ImpastoError

MILLIMETRES_IN_AN_INCH = 25.4
PAPER = (255, 255, 255)
QUALITY = 95
"""Of the JPEG inside a PDF."""

COARSE = 150.0
"""Dots an inch of the picture itself below which a print looks soft from nearby."""

_DATED = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
"""When every profile says that it was made: a file is the same each time."""

Kind = Literal["pdf", "png", "tiff"]


@dataclass(frozen=True)
class Sheet:
    """Paper, and how it is printed on."""

    width: float
    height: float
    """In millimetres, of the paper as it is trimmed; it may be turned."""

    dpi: float = 300.0
    bleed: float = 0.0
    """Millimetres of picture beyond each edge, that are cut off."""

    fill: bool = False
    """Cover the paper and lose an edge of the picture, instead of showing all of it on white."""

    def pixels(self, turned: bool) -> tuple[int, int]:
        """Width and height with the bleed.

        Raises:
            ImpastoError: more than can be made.
        """
        sides = (self.height, self.width) if turned else (self.width, self.height)
        width, height = ((side + 2 * self.bleed) / MILLIMETRES_IN_AN_INCH for side in sides)
        if math.ceil(max(width, height) * self.dpi) > LARGEST_SIDE:
            raise ImpastoError(
                f"--dpi {self.dpi:g}: at most {LARGEST_SIDE:,} pixels a side can be made; choose "
                f"--dpi {int(LARGEST_SIDE / max(width, height))} or less."
            )
        return round(width * self.dpi), round(height * self.dpi)


def print_file(source: Path, sheet: Sheet, kind: Kind, out: Path) -> str:
    """Write `out`, atomically.

    Args:
        source: any picture; bounded and checked while it is decoded.
        sheet: the paper.
        kind: of file.
        out: where.

    Returns:
        What it came to, for people: millimetres, and pixels an inch of the picture itself.

    Raises:
        ImpastoError: it is no picture that shows something, or the sheet is too large.
    """
    picture = read_subject(source, "print")
    say_if_animated(source, picture)
    page, own = lay_out(picture.image, sheet)
    write_bytes(out, _encoded(page, kind, sheet.dpi))
    across, down = (side / sheet.dpi * MILLIMETRES_IN_AN_INCH for side in page.size)
    soft = "; from nearby it will look soft, so enlarge it first (impasto upscale)"
    return (
        f"{across:.0f} × {down:.0f} mm at {sheet.dpi:g} dots an inch; the picture itself has "
        f"{own:.0f} pixels to the inch{soft if own < COARSE else ''}."
    )


def lay_out(image: Image.Image, sheet: Sheet) -> tuple[Image.Image, float]:
    """The page, and how many of the picture's own pixels come to an inch."""
    turned = (image.width > image.height) != (sheet.width > sheet.height)
    width, height = sheet.pixels(turned and image.width != image.height)
    covering = sheet.fill or sheet.bleed > 0
    scale = (max if covering else min)(width / image.width, height / image.height)
    if covering:
        box_width, box_height = width / scale, height / scale
        left, top = (image.width - box_width) / 2, (image.height - box_height) / 2
        box = (left, top, left + box_width, top + box_height)
        return image.resize(
            (width, height), FILTER, box=_within(box, image.size)
        ), sheet.dpi / scale
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    page = Image.new("RGB", (width, height), PAPER)
    page.paste(image.resize(size, FILTER), ((width - size[0]) // 2, (height - size[1]) // 2))
    return page, sheet.dpi / scale


def _within(
    box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """A box without what rounding put outside of the picture."""
    left, top, right, bottom = box
    return max(0.0, left), max(0.0, top), min(float(size[0]), right), min(float(size[1]), bottom)


def _encoded(page: Image.Image, kind: Kind, dpi: float) -> bytes:
    options: dict[Kind, dict[str, object]] = {
        "pdf": {"resolution": dpi, "quality": QUALITY},
        "png": {"dpi": (dpi, dpi), "icc_profile": _srgb()},
        "tiff": {"dpi": (dpi, dpi), "icc_profile": _srgb(), "compression": "tiff_lzw"},
    }
    buffer = io.BytesIO()
    page.save(buffer, kind.upper(), **options[kind])
    return buffer.getvalue()


def _srgb() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + _DATED + profile[36:]
