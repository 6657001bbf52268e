"""The twelve numbers and the curve."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from impasto.brush.actions import (
    ACTION,
    GEOMETRY,
    HARDEST,
    colours_of,
    curve,
    geometry_of,
    join,
    pressures,
    random_actions,
)

FRACTIONS = st.floats(0, 1, width=32)


@given(arrays(np.float32, (3, 12), elements=FRACTIONS))
def test_geometry_and_colours_are_the_action(actions):
    assert np.array_equal(join(geometry_of(actions), colours_of(actions)), actions)
    assert np.array_equal(geometry_of(actions)[:, GEOMETRY.start_x], actions[:, ACTION.start_x])
    assert np.array_equal(colours_of(actions)[:, 1], actions[:, ACTION.green])


@given(arrays(np.float32, (2, 9), elements=FRACTIONS))
def test_the_curve_goes_from_start_through_control_to_end(geometry):
    points = curve(geometry, 101)
    for at, first in ((0, 6), (50, 2), (100, 4)):
        assert np.allclose(points[:, at], geometry[:, first : first + 2], atol=1e-5)


def test_pressure_goes_from_entry_over_the_mean_to_the_last():
    geometry = np.zeros((1, 9), np.float32)
    geometry[0, GEOMETRY.entry_pressure], geometry[0, GEOMETRY.pressure] = 1.0, 0.5
    force = pressures(geometry, 101)[0] / HARDEST
    assert np.allclose(force[[0, 25, 50, 75, 100]], [1, 0.75, 0.75, 0.75, 0.5])
    assert np.all(np.diff(force) <= 1e-6)


def test_random_actions_are_a_function_of_their_chance():
    one, other = (random_actions(5, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one, other)
    assert one.dtype == np.float32
    assert one.shape == (5, 12)
