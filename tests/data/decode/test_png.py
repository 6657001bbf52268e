"""PNG: pixels that are missing, words behind the pixels, transparent greys, code points."""

import io
import struct
import zlib

import numpy as np
import pytest

from impasto.data.decode import Unreadable, decode_content
from tests.data.decode.test_damage import textured, verdict
from tests.data.odd import chunk


def png(rows, depth=8, kind=2, sides=(203, 157), before=b"", behind=b"") -> bytes:
    header = struct.pack(">IIBBBBB", *sides, depth, kind, 0, 0, 0)
    parts = chunk(b"IHDR", header), before, chunk(b"IDAT", zlib.compress(rows)), behind
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def lines(picture: np.ndarray) -> bytes:
    return b"".join(b"\0" + row.tobytes() for row in picture)


def test_a_stream_that_ends_soundly_but_early_is_truncated():
    rows = lines(textured(1))
    assert verdict(png(rows)) == ""
    assert verdict(png(rows[: len(rows) // 2])) == "truncated"
    black = lines(np.zeros((157, 203, 3), np.uint8))
    assert verdict(png(black)) == ""
    assert verdict(png(black[:-1])) == "truncated"


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize(
    ("name", "body"),
    [
        (b"eXIf", b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
        (b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>'),
    ],
)
def test_which_way_is_up_is_read_before_and_behind_the_pixels(depth, place, name, body):
    picture = textured(2)
    samples = picture if depth == 8 else (picture.astype(">u2") * 257)
    found = decode_content(io.BytesIO(png(lines(samples), depth, **{place: chunk(name, body)})))
    assert "rotated" in found.notes
    assert np.array_equal(np.asarray(found.image), np.rot90(picture, -1))


@pytest.mark.parametrize(("depth", "clear"), [(1, 1), (2, 1), (4, 9), (8, 77)])
def test_of_few_bits_the_clear_grey_is_the_one_that_is_named(depth, clear):
    values = np.random.default_rng(3).integers(0, 2**depth, (24, 32), np.uint8)
    values[0, :] = clear
    bits = np.unpackbits(values[..., None], axis=2)[..., 8 - depth :].reshape(24, -1)
    packed = np.packbits(bits, axis=1)
    content = png(lines(packed), depth, 0, (32, 24), chunk(b"tRNS", bytes([0, clear])))
    found = decode_content(io.BytesIO(content), matte=None)
    assert np.array_equal(found.alpha == 0, values == clear)
    assert np.array_equal(np.asarray(found.image)[..., 0], values * (255 // (2**depth - 1)))


@pytest.mark.parametrize("points", [(2, 16, 0, 1), (11, 18, 0, 1), (1, 13, 0, 0), (9, 10, 0, 1)])
def test_code_points_that_sRGB_cannot_show_are_refused(points):  # noqa: N802
    assert verdict(png(lines(textured(4)), before=chunk(b"cICP", bytes(points)))) == (
        "a kind that is not read"
    )


def test_linear_light_is_seen_so_whatever_the_primaries():
    rows = lines(textured(5))
    named, unnamed = (
        decode_content(io.BytesIO(png(rows, before=chunk(b"cICP", bytes([first, 8, 0, 1])))))
        for first in (1, 2)
    )
    assert named.image.tobytes() == unnamed.image.tobytes() != textured(5).tobytes()


def test_unspecified_code_points_leave_it_to_sRGB():  # noqa: N802
    content = png(lines(textured(6)), before=chunk(b"cICP", bytes([2, 2, 0, 1])))
    assert np.array_equal(np.asarray(decode_content(io.BytesIO(content)).image), textured(6))


def test_damaged_words_behind_the_pixels_say_nothing():
    rows = lines(textured(7).astype(">u2") * 257)
    content = png(rows, 16, behind=chunk(b"eXIf", b"MM\0*\xff\xff"))
    with pytest.raises(Unreadable):
        decode_content(io.BytesIO(content[:-40]))
    assert decode_content(io.BytesIO(content)).notes == ()
