"""The colour profile of a JPEG 2000 file is found, and damaged boxes end the search."""

import io
import struct

from hypothesis import given
from hypothesis import strategies as st

from impasto.data.decode.jp2 import profile_of


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
