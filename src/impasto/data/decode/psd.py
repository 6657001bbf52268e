"""Photoshop documents, where Pillow misreads their merged picture."""

import struct
from typing import BinaryIO

from PIL import Image

from impasto.data.decode.verdict import NOT_READ, Unreadable

_MULTICHANNEL = 7


def mend_psd(file: BinaryIO, image: Image.Image) -> None:
    """Put right where an opened document's pixels lie, and what its bits mean.

    The lengths of packed rows stand before the pixels for every channel of the file; Pillow takes
    them for those that it shows. In a bitmap, ones are black.

    Raises:
        Unreadable: each channel is an ink of its own, and Pillow would show the first.
    """
    file.seek(12)
    channels, mode = struct.unpack(">H10xH", file.read(14))
    if mode == _MULTICHANNEL:
        raise Unreadable(NOT_READ, "a Photoshop file of several inks: export it as TIFF or PNG")
    tiles = image.tile  # type: ignore[attr-defined]  # of files only
    if not tiles:
        raise Unreadable(NOT_READ, "a Photoshop file packed by ZIP: export it as TIFF or PNG")
    passed_over = 2 * image.height * (channels - len(tiles))
    for number, tile in enumerate(tiles):
        if tile.codec_name == "packbits":
            tile = tile._replace(offset=tile.offset + passed_over)
        tiles[number] = tile._replace(args="1;I") if image.mode == "1" else tile
