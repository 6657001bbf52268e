"""Damage that decoders do not notice, in formats without checksums."""

from typing import BinaryIO

from PIL import Image


def check_end(file: BinaryIO, image: Image.Image) -> None:
    """Refuse a file whose end is missing or zeroed.

    Raises:
        Unreadable: it is damaged.
    """
