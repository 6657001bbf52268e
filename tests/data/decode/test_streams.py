"""Pixels are read in pieces, whatever the pieces."""

import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.data.decode.streams import Inflated, Stored
from impasto.data.decode.verdict import Unreadable

PIXELS = bytes(range(256)) * 8


@given(st.integers(1, 700), st.integers(1, 60))
def test_a_zlib_stream_in_several_stretches_comes_whole(piece, cut):
    packed = zlib.compress(PIXELS)
    cut = min(cut, len(packed) - 1)
    file = io.BytesIO(b"head" + packed[:cut] + b"between" + packed[cut:])
    source = Inflated(file, [(4, cut), (4 + cut + 7, len(packed) - cut)])
    count = len(PIXELS) // piece
    assert b"".join(source.read(piece) for _ in range(count)) == PIXELS[: piece * count]


def test_a_wrong_checksum_and_a_missing_end_are_told():
    packed = zlib.compress(PIXELS)
    for spoilt in (packed[:-1] + bytes([packed[-1] ^ 1]), packed[:-2]):
        source = Inflated(io.BytesIO(spoilt), [(0, len(spoilt))])
        with pytest.raises(Unreadable):
            source.read(len(PIXELS))
            source.finish()


def test_no_more_is_read_than_the_stretch_holds():
    source = Stored(io.BytesIO(b"0123456789"), 2, 5)
    assert source.read(3) == b"234"
    with pytest.raises(Unreadable):
        source.read(3)
