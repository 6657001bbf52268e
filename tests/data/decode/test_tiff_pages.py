"""A TIFF whose first page is a reduced copy gives its full picture."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from impasto.data import decode as package
from impasto.data.decode import Unreadable, decode, decode_content
from impasto.data.decode.tiff_pages import full_picture_first

Array = NDArray[np.generic]
SMALL = np.full((20, 30, 3), 200, np.uint8)
FULL = np.arange(60 * 90 * 3, dtype=np.uint32).reshape(60, 90, 3).astype(np.uint8)
DEEP = (FULL.astype(np.uint16) * 257)[..., ::-1]


def tiff(
    pages: list[tuple[Array, dict[int, int]]],
    within: tuple[tuple[Array, dict[int, int]], ...] = (),
    order: str = "<",
    big: bool = False,
) -> bytes:
    """Uncompressed pages with further tags; those `within` lie in the first one's tag 330."""
    word, entry, counter = ("Q", "HHQQ", "Q") if big else ("I", "HHII", "H")
    mark = {"<": b"II", ">": b"MM"}[order]
    head = mark + struct.pack(order + "H", 43 if big else 42)
    head += struct.pack(order + "HH", 8, 0) if big else b""
    room = len(head) + struct.calcsize(order + word)
    body, starts = b"", []

    def lay(content: bytes) -> int:
        nonlocal body
        at = room + len(body)
        body += content + b"\0" * (len(content) % 2)
        return at

    def page(pixels: Array, more: dict[int, tuple[int, int]]) -> tuple[int, int]:
        height, width = pixels.shape[:2]
        strip = lay(pixels.astype(pixels.dtype.newbyteorder(order)).tobytes())
        bits = pixels.dtype.itemsize * 8
        depths = lay(struct.pack(order + "3H", bits, bits, bits))
        if big:  # three of two bytes fit into the entry
            (depths,) = struct.unpack(order + "Q", struct.pack(order + "4H", bits, bits, bits, 0))
        tags = {
            **{256: (4, width), 257: (4, height), 258: (3, depths), 259: (3, 1), 262: (3, 2)},
            **{273: (4, strip), 277: (3, 3), 278: (4, height), 279: (4, pixels.nbytes)},
            **more,
        }
        rows = b""
        for tag, (kind, value) in sorted(tags.items()):
            count = 3 if tag == 258 else 1
            if kind == 3 and count == 1 and order == ">":
                value <<= 48 if big else 16  # left justified
            if kind == 4 and order == ">" and big:
                value <<= 32
            rows += struct.pack(order + entry, tag, kind, count, value)
        at = lay(struct.pack(order + counter, len(tags)) + rows + struct.pack(order + word, 0))
        return at, at - room + struct.calcsize(order + counter) + len(rows)

    inner = [page(pixels, {t: (4, v) for t, v in tags.items()})[0] for pixels, tags in within]
    ends = []
    for number, (pixels, tags) in enumerate(pages):
        more = {tag: (4, value) for tag, value in tags.items()}
        if inner and number == 0:
            more[330] = (4, inner[0])
        start, end = page(pixels, more)
        starts.append(start)
        ends.append(end)
    for end, following in zip(ends, starts[1:], strict=False):
        link = struct.pack(order + word, following)
        body = body[:end] + link + body[end + len(link) :]
    return head + struct.pack(order + word, starts[0]) + body


def read(content: bytes) -> Array:
    return package.to_array(decode_content(io.BytesIO(content)).image)


KINDS = [(order, big) for order in "<>" for big in (False, True)]


@pytest.mark.parametrize(("order", "big"), KINDS)
@pytest.mark.parametrize("mark", [{254: 1}, {254: 5}, {255: 2}])
def test_a_reduced_first_page_gives_way_to_the_full_picture(order, big, mark):
    content = tiff([(SMALL, mark), (FULL, {}), (SMALL, {254: 1})], order=order, big=big)
    assert np.array_equal(read(content), FULL)


@pytest.mark.parametrize(("order", "big"), KINDS)
def test_the_full_picture_may_lie_within_the_first_page(order, big):
    content = tiff([(SMALL, {254: 1})], within=((FULL, {254: 0}),), order=order, big=big)
    assert np.array_equal(read(content), FULL)


def test_the_largest_of_several_full_ones_is_taken_also_of_sixteen_bits():
    content = tiff([(SMALL, {254: 1}), (FULL[:30], {}), (DEEP, {}), (FULL[:40], {254: 4})])
    assert np.abs(read(content).astype(int) - FULL[..., ::-1]).max() <= 1


def test_a_scan_of_several_pages_gives_its_first():
    assert np.array_equal(read(tiff([(SMALL, {254: 2}), (FULL, {254: 2})])), SMALL)
    assert np.array_equal(read(tiff([(SMALL, {}), (FULL, {})])), SMALL)


def test_a_reduced_page_alone_is_what_there_is():
    assert np.array_equal(read(tiff([(SMALL, {254: 1})])), SMALL)


def test_a_large_file_is_read_where_it_lies(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(package, "HELD", 100)
    path = tmp_path / "a.tif"
    for big in (False, True):
        path.write_bytes(tiff([(SMALL, {254: 1}), (FULL, {}), (DEEP[:9], {})], big=big))
        assert np.array_equal(decode(path), FULL)


def test_a_cameras_raw_picture_is_named():
    content = tiff([(SMALL, {254: 1})], within=((FULL, {262: 32_803}),))
    with pytest.raises(Unreadable, match="raw"):
        read(content)


def test_pages_in_a_circle_end():
    content = bytearray(tiff([(SMALL, {254: 1})]))
    start = struct.unpack_from("<I", content, 4)[0]
    (count,) = struct.unpack_from("<H", content, start)
    struct.pack_into("<I", content, start + 2 + 12 * count, start)
    assert np.array_equal(read(bytes(content)), SMALL)


def test_a_page_beyond_every_file_is_left_out():
    content = bytearray(tiff([(SMALL, {254: 1}), (SMALL, {})], big=True))
    struct.pack_into("<Q", content, 8, 2**63 + 7)
    assert full_picture_first(io.BytesIO(bytes(content))).read() == bytes(content)


@given(st.data())
def test_no_damage_of_directories_is_a_traceback(data):
    order, big = data.draw(st.sampled_from(KINDS))
    content = bytearray(tiff([(SMALL, {254: 1}), (SMALL, {})], order=order, big=big))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        full_picture_first(io.BytesIO(bytes(content[: data.draw(st.integers(8, 4000))])))
        read(bytes(content))
    except Unreadable:
        pass
