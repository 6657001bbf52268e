"""Photoshop documents, where Pillow misreads their merged picture."""

import struct
from typing import BinaryIO

from PIL import Image


def mend_psd(file: BinaryIO, image: Image.Image) -> None:
    """Put right where an opened document's pixels lie, and what its bits mean.

    The lengths of packed rows stand before the pixels for every channel of the file; Pillow takes
    them for those that it shows. In a bitmap, ones are black.
    """
    file.seek(12)
    channels = struct.unpack(">H", file.read(2))[0]
    tiles = image.tile  # type: ignore[attr-defined]  # of files only
    passed_over = 2 * image.height * (channels - len(tiles))
    for number, tile in enumerate(tiles):
        if tile.codec_name == "packbits":
            tile = tile._replace(offset=tile.offset + passed_over)
        tiles[number] = tile._replace(args="1;I") if image.mode == "1" else tile
