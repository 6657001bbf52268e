"""Tile by tile is as good as whole, and memory is bounded."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from impasto.upscale.networks import load_enlarger
from impasto.upscale.tiles import count_tiles, enlarge_by_tiles, spans


@given(st.integers(1, 3_000), st.integers(32, 500), st.integers(0, 40))
def test_tiles_cover_a_side_once_and_see_around_themselves(length, tile, context):
    cut = spans(length, tile, context)
    kept = [position for span in cut for position in range(span.start, span.end)]
    assert kept == list(range(length))
    for span in cut:
        assert span.end - span.start <= tile
        assert span.seen_start == max(0, span.start - context)
        assert span.seen_end == min(length, span.end + context)
        inside = span.inside(4)
        assert inside.stop - inside.start == 4 * (span.end - span.start)


def test_no_tile_is_larger_than_asked(repeating, picture):
    enlarger, done = repeating(4), []
    result = enlarge_by_tiles(picture, enlarger, tile=20, done=lambda: done.append(1))
    assert np.array_equal(result, picture.repeat(4, 0).repeat(4, 1))
    assert max(max(seen) for seen in enlarger.network.seen) <= 20 + 2 * 3
    assert len(done) == count_tiles(*picture.shape[:2], enlarger, 20) == 3 * 4


def test_a_network_that_must_see_the_whole_does(repeating, picture):
    enlarger = repeating(2, context=None)
    enlarge_by_tiles(picture, enlarger, tile=8)
    assert enlarger.network.seen == [picture.shape[:2]]


def test_no_seam_shows(picture):
    """`fast` in tiles of 32 and in one: the network sees 18 pixels far, and is given as many."""
    enlarger = load_enlarger("fast")
    whole = enlarge_by_tiles(picture, enlarger, tile=256)
    tiled = enlarge_by_tiles(picture, enlarger, tile=32)
    difference = np.abs(whole.astype(int) - tiled)
    assert difference.max() <= 1  # where a value lies between two levels, rounding decides
    assert (difference > 0).mean() < 1e-3


def test_too_little_around_a_tile_would_show(picture):
    """The test above can fail: without surroundings there is a seam."""
    from dataclasses import replace

    enlarger = load_enlarger("fast")
    whole = enlarge_by_tiles(picture, enlarger, tile=256)
    blind = enlarge_by_tiles(picture, replace(enlarger, context=0), tile=32)
    assert np.abs(whole.astype(int) - blind).max() > 5
