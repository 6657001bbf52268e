"""OKLab and light: known values, and there and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from impasto.core.colour import from_linear, from_oklab, hexed, to_linear, to_oklab, triple

SHARE = st.floats(0, 1)


def test_white_black_and_red_have_their_published_values():
    found = to_oklab(np.array([[1.0, 1, 1], [0, 0, 0], [1, 0, 0]]))
    assert np.allclose(found[0], [1, 0, 0], atol=1e-3)
    assert np.allclose(found[1], 0, atol=1e-6)
    assert np.allclose(found[2], [0.628, 0.225, 0.126], atol=1e-3)


@given(st.tuples(SHARE, SHARE, SHARE))
def test_a_colour_comes_back(colour):
    there = to_oklab(np.array(colour))
    assert np.allclose(from_oklab(there), colour, atol=1e-6)


def test_what_no_screen_shows_is_cut_off():
    shown = from_oklab(np.array([0.6, 0.5, 0.0]))
    assert shown.min() == 0
    assert shown.max() <= 1


def test_half_as_bright_to_the_eye_is_a_fifth_of_the_light():
    assert np.allclose(to_linear(np.array([0, 0.03, 0.5, 1])), [0, 0.03 / 12.92, 0.2140, 1], 1e-3)
    steps = np.linspace(0, 1, 1001)
    assert np.allclose(from_linear(to_linear(steps)), steps, atol=1e-7)


def test_a_colours_bytes_are_spelt_whatever_holds_it():
    colour = np.array([17, 128, 254]) / 255
    assert hexed(colour) == hexed(colour.astype(np.float32)) == hexed(triple(colour)) == "#1180fe"
    assert triple(np.float32([0, 0.5, 1])) == (0.0, 0.5, 1.0)
