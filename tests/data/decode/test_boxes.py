"""What JPEG 2000 and AVIF say of their colours is found, and damaged boxes end the search."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from impasto.data.decode import Unreadable, decode
from impasto.data.decode.boxes import code_points_of, profile_of
from tests.data.odd import SPACES, to_srgb

DISPLAY_P3 = np.array(
    [
        [0.5151187, 0.2919778, 0.1571035],
        [0.2411892, 0.6922441, 0.0665668],
        [-0.0010505, 0.0418791, 0.7840713],
    ]
)
"""Linear RGB to XYZ under D50."""


def box(name: bytes, content: bytes, long: bool = False) -> bytes:
    if long:
        return struct.pack(">I4sQ", 1, name, 16 + len(content)) + content
    return struct.pack(">I4s", 8 + len(content), name) + content


def colours(kind: int, content: bytes) -> bytes:
    return box(b"colr", bytes([kind, 0, 0]) + content)


def found(*boxes: bytes) -> bytes | None:
    file = io.BytesIO(b"".join(boxes))
    file.seek(5)
    profile = profile_of(file)
    assert file.tell() == 5
    return profile


def test_the_first_colours_that_are_understood_count():
    by_number, by_profile = colours(1, b"\0\0\0\x10"), colours(2, b"profile")
    start = box(b"jP  ", b"\r\n\x87\n")
    assert found(start, box(b"jp2h", box(b"ihdr", bytes(14)) + by_profile)) == b"profile"
    assert found(start, box(b"jp2h", by_profile, long=True)) == b"profile"
    assert found(start, box(b"jp2h", colours(9, b"a maker's own") + by_profile)) == b"profile"
    assert found(start, box(b"jp2h", by_number + by_profile)) is None
    assert found(start, box(b"jp2c", by_profile)) is None
    assert found(b"\xff\x4f\xff\x51", bytes(40)) is None


@given(st.binary(max_size=60))
def test_damaged_boxes_end_the_search(content):
    found(content)
    found(box(b"jp2h", content))
    found(struct.pack(">I4sQ", 1, b"jp2h", 2**63), content)
    found(box(b"free", b"") * 1_200, content)
    code_points_of(io.BytesIO(box(b"meta", bytes(4) + box(b"iprp", box(b"ipco", content)))))


def avif(path, picture, primaries, transfer):
    """An AVIF without a profile, its colours told by numbers."""
    Image.fromarray(picture).save(path, quality=100, subsampling="4:4:4")
    content = path.read_bytes()
    at = content.index(b"nclx") + 4
    path.write_bytes(content[:at] + struct.pack(">HH", primaries, transfer) + content[at + 4 :])
    return path


def test_an_avif_tells_its_colours_by_numbers(tmp_path, painter, monkeypatch):
    monkeypatch.setitem(SPACES, "Display P3", (DISPLAY_P3, 0.0))
    picture = painter(3)
    expected = to_srgb(picture / 255, "Display P3")
    off = np.abs(decode(avif(tmp_path / "a.avif", picture, 12, 13)).astype(int) - expected)
    assert off.mean() < 1
    plain = np.abs(decode(avif(tmp_path / "b.avif", picture, 1, 13)).astype(int) - picture)
    assert plain.mean() < 1
    with pytest.raises(Unreadable, match="high dynamic range"):
        decode(avif(tmp_path / "c.avif", picture, 9, 16))
