"""Deflate in TIFF is checked whole, and never unpacked without a bound."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from impasto.data.decode import Unreadable, decode_content, streams
from tests.data import odd


def verdict(content: bytes, **bounds: int) -> str:
    try:
        decode_content(io.BytesIO(content), **bounds)
    except Unreadable as error:
        return error.reason
    return ""


def striped(photometric: int, packed: bytes, strips: int, width: int = 8, more=()) -> bytes:
    """A TIFF of one-row strips that all lie at the same place."""
    entries = {256: width, 257: strips, 258: 8, 259: 8, 262: photometric, 277: 1, 278: 1}
    entries = {tag: (4, 1, value) for tag, value in entries.items()} | dict(more)
    at = 8 + 2 + 12 * (len(entries) + 2) + 4
    entries[273] = (4, strips, at)
    entries[279] = (4, strips, at + 4 * strips)
    end = at + 8 * strips
    if 320 in entries:
        entries[320] = (3, 768, end)
    place = end + 1536
    directory = b"".join(struct.pack("<HHII", t, *entries[t]) for t in sorted(entries))
    lists = struct.pack("<I", place) * strips + struct.pack("<I", len(packed)) * strips
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + b"\0" * 4
    return head + lists + bytes(1536) + packed


@pytest.fixture
def inflated(monkeypatch):
    """Bytes that were unpacked."""
    counts = [0]
    some = streams.Inflated._some

    def counted(self, most):
        piece, more = some(self, most)
        counts[0] += len(piece)
        return piece, more

    monkeypatch.setattr(streams.Inflated, "_some", counted)
    return counts


@pytest.mark.parametrize("photometric", [1, 3])
def test_strips_that_unpack_to_far_more_than_their_pixels_are_refused_at_once(
    photometric: int, inflated
):
    palette = {320: (3, 768, 0)} if photometric == 3 else {}
    content = striped(photometric, zlib.compress(bytes(2**26)), 1_000, more=palette)
    begun = time.process_time()
    assert verdict(content) == "corrupt"
    assert inflated[0] < 2**20
    assert time.process_time() - begun < 5


def test_a_picture_beyond_the_bound_is_not_unpacked(inflated):
    content = striped(3, zlib.compress(bytes(8)), 1_000, more={320: (3, 768, 0)})
    assert verdict(content, most_pixels=100) == "decompression bomb"
    assert inflated[0] == 0


def test_a_strip_that_many_rows_share_is_unpacked_once(inflated):
    content = striped(3, zlib.compress(bytes(8)), 1_000, more={320: (3, 768, 0)})
    assert verdict(content) == ""
    assert inflated[0] == 8


@pytest.mark.parametrize("kind", ["grey", "palette"])
def test_a_last_strip_that_is_filled_up_is_sound(kind: str):
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 1), np.uint8)
    tags = {320: (3, [each * 257 for each in range(256)] * 3)} if kind == "palette" else {}
    filled = np.concatenate([pixels, np.zeros((12, 30, 1), np.uint8)])
    content = odd.tiff(filled, 3 if tags else 1, compression=8, rows=16, tags=tags)
    short = content.replace(
        struct.pack("<HHII", 257, 4, 1, 32), struct.pack("<HHII", 257, 4, 1, 20)
    )
    assert short != content
    found = decode_content(io.BytesIO(short)).image
    assert np.array_equal(np.asarray(found)[..., 0], pixels[..., 0])


def test_a_jpeg_of_few_pixels_in_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.jpg"
    Image.new("RGB", (40, 30)).save(path)
    with path.open("r+b") as file:
        file.truncate(2**26 + 2**20)  # a hole: it takes no room
    with path.open("rb") as file, pytest.raises(Unreadable, match=r"too large.*40×30"):
        decode_content(file)
