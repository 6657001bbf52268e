"""JPEG 2000: what Pillow would show in wrong colours is refused, few bits are stretched."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from impasto.data.decode import Unreadable, decode_content
from tests.data import odd
from tests.data.decode.test_boxes import box
from tests.data.decode.test_damage import textured


def codestream(picture: np.ndarray, depth: int = 8) -> bytes:
    """Lossless; of another depth by its header: levels are stored about the middle of the range."""
    if depth < 8:
        picture = picture + (128 - 2 ** (depth - 1))
    content = odd.saved(Image.fromarray(picture.astype(np.uint8)), "JPEG2000", no_jp2=True, mct=0)
    parts = bytearray(content)
    for component in range(1 if picture.ndim == 2 else 3):
        parts[42 + 3 * component] = depth - 1
    return bytes(parts)


def jp2(stream: bytes, channels: int, extra: bytes = b"", space: int = 16) -> bytes:
    header = struct.pack(">IIHBBBB", 157, 203, channels, 7, 7, 0, 0)
    colours = box(b"colr", b"\1\0\0" + struct.pack(">I", space))
    start = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + box(b"jp2h", box(b"ihdr", header) + colours + extra) + box(b"jp2c", stream)


def order(*rows: tuple[int, int, int]) -> bytes:
    each = b"".join(struct.pack(">HHH", *row) for row in rows)
    return box(b"cdef", struct.pack(">H", len(rows)) + each)


USUAL = ((0, 0, 1), (1, 0, 2), (2, 0, 3))


def test_the_usual_order_is_read():
    picture = textured(1)
    found = decode_content(io.BytesIO(jp2(codestream(picture), 3, order(*USUAL))))
    assert np.array_equal(np.asarray(found.image), picture)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (jp2(codestream(textured(2)), 3, order((0, 0, 3), (1, 0, 2), (2, 0, 1))), "order"),
        (jp2(codestream(textured(2)), 3, order(*USUAL, (3, 2, 0))), "alpha"),
        (jp2(codestream(textured(2)), 3, order(*USUAL, (3, 65_535, 65_535))), "alpha"),
        (jp2(codestream(textured(2)), 3, space=14), "colour space 14"),
        (jp2(codestream(textured(2)), 3, box(b"cmap", bytes([0, 0, 1, 1, 0, 0, 1, 0]))), "palette"),
        (jp2(codestream(textured(2), 12), 3), "colours of 12 bits"),
        (codestream(textured(2), 16), "colours of 16 bits"),
    ],
)
def test_what_would_have_wrong_colours_is_refused(content: bytes, words: str):
    with pytest.raises(Unreadable, match=words) as caught:
        decode_content(io.BytesIO(content))
    assert caught.value.reason == "a kind that is not read"


@pytest.mark.parametrize("depth", [1, 2, 4, 7, 8])
def test_the_white_of_few_bits_is_white(depth: int):
    values = np.random.default_rng(depth).integers(0, 2**depth, (157, 203))
    found = decode_content(io.BytesIO(codestream(values, depth)))
    assert np.array_equal(np.asarray(found.image)[..., 0], values * 255 // (2**depth - 1))
