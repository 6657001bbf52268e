"""Deflate in TIFF: the checksums that Pillow does not compare, within bounds."""

from typing import Any, BinaryIO

from impasto.data.decode.streams import Inflated
from impasto.data.decode.verdict import Unreadable

DEFLATE = (8, 32_946)
"""Its numbers among the compressions of TIFF."""
SPARE = 2**12
"""Bytes that a packed strip may have beyond its pixels: they are unpacked for its checksum."""
_BITS, _PACKING, _STRIPS, _SAMPLES, _ROWS, _COUNTS = 258, 259, 273, 277, 278, 279
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_COUNTS = 322, 323, 324, 325


def check_deflated(file: BinaryIO, image: Any) -> None:
    """Compare the checksums of a TIFF that Pillow has opened and decodes: it compares none.

    No strip or tile is unpacked much further than its pixels go, and none twice.

    Args:
        file: the file.
        image: opened by Pillow, of a size within bounds.

    Raises:
        Unreadable: a checksum is wrong, or a strip or tile is cut off or too large.
    """
    tags = image.tag_v2
    if tags.get(_PACKING, 1) not in DEFLATE:
        return
    tiled = _TILES in tags
    width, height = image.width, min(int(tags.get(_ROWS, image.height)), image.height)
    if tiled:
        width, height = int(tags[_TILE_WIDTH]), int(tags[_TILE_HEIGHT])
    check_sides(width, height, image.width * image.height)
    bits = max(_whole(tags.get(_BITS, (1,)))) * int(tags.get(_SAMPLES, 1))
    size = -(-width * bits // 8) * height
    places, counts = (_TILES, _TILE_COUNTS) if tiled else (_STRIPS, _COUNTS)
    pairs = zip(_whole(tags[places]), _whole(tags[counts]), strict=False)
    for at, length in dict.fromkeys(pairs):  # blank tiles may be one
        Inflated(file, [(int(at), int(length))]).finish(size + SPARE)


def check_sides(width: int, height: int, pixels: int) -> None:
    """Refuse strips or tiles of no sensible size in a picture of so many pixels.

    Raises:
        Unreadable: they have none.
    """
    if min(width, height) < 1 or width * height > 4 * pixels + 2**20:
        raise Unreadable("corrupt", "its strips or tiles have no sensible size")


def _whole(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)
