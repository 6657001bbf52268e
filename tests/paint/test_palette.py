"""Palettes: counted, given, taken from a painting; colours come back from Oklab."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.core.colour import from_oklab, to_oklab
from impasto.core.images import save
from impasto.errors import ImpastoError
from impasto.paint.palette import (
    main_colours,
    parse_colour,
    parse_palette,
    snapper,
)

RED, BLUE = (200, 30, 30), (20, 40, 160)


def two_colours() -> np.ndarray:
    picture = np.zeros((20, 20, 3), np.uint8)
    picture[:], picture[:8] = RED, BLUE
    return picture


def as_bytes(palette: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(row) for row in np.rint(palette * 255).astype(int).tolist()}


def test_a_number_means_colours_of_the_picture():
    assert as_bytes(parse_palette("2", two_colours())) == {RED, BLUE}
    assert as_bytes(main_colours(two_colours(), 8)) == {RED, BLUE}


def test_colours_may_be_given():
    found = parse_palette("#fff, #102030", two_colours())
    assert as_bytes(found) == {(255, 255, 255), (16, 32, 48)}


def test_colours_may_be_a_paintings(tmp_path):
    save(two_colours(), tmp_path / "a.png")
    other = np.zeros((20, 20, 3), np.uint8)
    assert as_bytes(parse_palette(f"{tmp_path / 'a.png'}:2", other)) == {RED, BLUE}
    assert as_bytes(parse_palette(str(tmp_path / "a.png"), other)) == {RED, BLUE}


@pytest.mark.parametrize("text", ["1", "0", "1000", "#12", "#ggg", "#fff,red", "nowhere.jpg", ""])
def test_anything_else_is_named(text):
    with pytest.raises(ImpastoError) as caught:
        parse_palette(text, two_colours())
    assert str(caught.value).count("\n") == 0


@given(st.integers(0, 2**24 - 1))
def test_a_colour_is_what_its_digits_say(number):
    colour = parse_colour(f"#{number:06x}", "--ground")
    assert int("".join(f"{round(v * 255):02x}" for v in colour.tolist()), 16) == number


@given(st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3))
def test_oklab_and_back_is_the_same_colour(colour):
    assert np.allclose(from_oklab(to_oklab(np.float32(colour))), colour, atol=2e-3)


def test_the_nearest_colour_is_the_one_that_looks_nearest():
    palette = np.float32([[0, 0, 0], [1, 1, 1], [0.9, 0.1, 0.1]])
    near = snapper(palette)(np.float32([[0.1, 0.1, 0.1], [0.9, 0.95, 0.9], [0.6, 0.15, 0.2]]))
    assert np.array_equal(near, palette)
