"""Films of paint."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.paints.kubelka_munk import film, inside, measured, opaque, outside

K, S = st.floats(0.02, 8), st.floats(0.05, 4)


@given(K, S)
@settings(max_examples=100, deadline=None)
def test_what_two_swatches_measure_is_what_the_film_was(absorption, scattering):
    k, s = np.full(16, absorption), np.full(16, scattering)
    over_white, over_black = film(k, s, 0.95), film(k, s, 0.04)
    if (over_white - over_black).min() < 2e-3 or abs(over_black[0] - 0.04) < 1e-3:
        return  # it covers, or is as dark as the card: only K/S can be known
    found_k, found_s = measured(over_white, over_black, 0.95, 0.04)
    assert found_k == pytest.approx(k, rel=0.05)
    assert found_s == pytest.approx(s, rel=0.05)


@given(K, S, st.floats(0.05, 0.95))
@settings(max_examples=50, deadline=None)
def test_a_thick_film_hides_its_ground(absorption, scattering, ground):
    k, s = np.full(16, absorption), np.full(16, scattering)
    assert film(200 * k, 200 * s, ground) == pytest.approx(opaque(k, s), abs=2e-3)
    assert film(k * 1e-6, s * 1e-6, ground) == pytest.approx(ground, abs=1e-2)


@given(st.floats(0.001, 0.95))
def test_the_surface_is_undone(reflectance):
    seen = outside(inside(np.array([reflectance])))
    assert seen == pytest.approx(reflectance, rel=1e-9)


def test_more_scattering_is_lighter_and_more_absorption_darker():
    base = opaque(np.array([1.0]), np.array([1.0]))
    assert (
        opaque(np.array([1.0]), np.array([2.0])) > base > opaque(np.array([2.0]), np.array([1.0]))
    )
