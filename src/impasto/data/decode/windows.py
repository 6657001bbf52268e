"""BMP and icons: the colours that their headers tell, and damage inside an icon.

Pillow passes over both. The fields of a BMP's header are those of Microsoft's BITMAPV5HEADER.
"""

import io
import struct
from typing import Any, BinaryIO

from PIL import BmpImagePlugin, Image

from impasto.data.decode.damage import check_strips, raw_rows
from impasto.data.decode.png import check_png, count_rows

_FILE_HEADER = 14
_SPACE, _PROFILE = 56, 112
"""Places in the header: the colour space with endpoints and gamma, and the profile's place."""
_CALIBRATED, _EMBEDDED = bytes(4), b"DEBM"
_PNG = b"\x89PNG\r\n\x1a\n"


def colours_of(file: BinaryIO) -> dict[str, Any]:
    """What a BMP says of its colours, under Pillow's names; nothing where it is sRGB."""
    file.seek(_FILE_HEADER)
    header = file.read(124)
    size = int.from_bytes(header[:4], "little")
    if size >= 124 and header[_SPACE : _SPACE + 4] == _EMBEDDED:
        place, length = struct.unpack_from("<II", header, _PROFILE)
        file.seek(_FILE_HEADER + place)
        return {"icc_profile": file.read(min(length, 2**24))}
    if size < 108 or len(header) < 108 or header[_SPACE : _SPACE + 4] != _CALIBRATED:
        return {}
    *points, red, green, blue = struct.unpack_from("<9i3I", header, _SPACE + 4)
    found: dict[str, Any] = {}
    if 0 < red == green == blue:
        found["gamma"] = 65_536 / red  # as PNG has it
    sums = [sum(points[n : n + 3]) for n in (0, 3, 6)]
    if min(sums) > 0:
        white = (0.3127, 0.3290)  # it tells none, and screens have this one
        places = [points[3 * n + axis] / sums[n] for n in range(3) for axis in (0, 1)]
        found["chromaticity"] = (*white, *places)
    return found


def look_into_icon(file: BinaryIO, image: Any) -> None:
    """Check the picture that an opened icon shows, and take over what it says of its colours.

    Raises:
        Unreadable: it is damaged.
    """
    entry = image.ico.entry[image.ico.getentryindex(image.size)]
    file.seek(entry.offset)
    content = io.BytesIO(file.read(entry.size))
    if content.getvalue().startswith(_PNG):
        count_rows(content, check_png(content))
        content.seek(0)
        with Image.open(content, formats=["PNG"]) as inside:
            kept = ("icc_profile", "gamma", "chromaticity", "srgb")
            image.info |= {name: inside.info[name] for name in kept if name in inside.info}
        return
    inside = BmpImagePlugin.DibImageFile(content)
    sides = (0, 0, inside.width, inside.height // 2)  # a mask lies behind the colours
    inside.tile[0] = inside.tile[0]._replace(extents=sides)
    check_strips(content, raw_rows(inside))
