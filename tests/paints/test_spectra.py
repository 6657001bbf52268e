"""Colours as reflectance, and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.paints.spectra import BANDS, to_reflectance, to_srgb

COLOUR = st.tuples(*[st.floats(0.06, 0.94)] * 3).map(np.array)


@given(COLOUR)
@settings(max_examples=60, deadline=None)
def test_a_reflectance_lies_within_0_and_1_and_shows_as_its_colour(colour):
    # Colours that are not too saturated to be a smooth reflectance's.
    pale = 0.5 * colour + 0.5 * colour.mean()
    reflectance = to_reflectance(pale)
    assert reflectance.shape == BANDS.shape
    assert ((reflectance > 0) & (reflectance < 1)).all()
    assert to_srgb(reflectance) == pytest.approx(pale, abs=0.02)


def test_white_is_white_and_grey_is_flat():
    assert to_srgb(np.ones(16)) == pytest.approx([1, 1, 1], abs=1e-6)
    grey = to_reflectance(np.full(3, 0.5))
    assert np.ptp(grey) < 1e-3


@pytest.mark.parametrize("colour", [(0, 0, 0), (1, 1, 1), (1, 0, 0), (0, 0, 1)])
def test_the_ends_of_what_a_screen_shows_come_out_near(colour):
    found = to_srgb(to_reflectance(np.array(colour, float)))
    assert np.abs(found - colour).max() < 0.2
