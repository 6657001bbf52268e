"""The few colours of a picture."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.paints.colours import ALIKE, choose_colours, nearest


def even(lab):
    return np.ones(lab.shape[:2], np.float32)


def test_colours_that_are_few_are_found_exactly_and_no_more():
    table = np.array([[0.2, 0.1, 0], [0.5, -0.1, 0.1], [0.9, 0, 0]])
    lab = table[np.random.default_rng(0).integers(0, 3, (30, 40))].astype(np.float32)
    found = choose_colours(lab, even(lab), 12)
    assert np.allclose(found, table, atol=1e-6)


def test_what_is_cared_for_gets_more_of_them():
    ramp = np.linspace(0, 1, 100, dtype=np.float32)
    lab = np.stack([ramp, 0 * ramp, 0 * ramp], 1)[None].repeat(20, 0)
    care = even(lab)
    care[:, 50:] = 30
    light = [(choose_colours(lab, each, 10)[:, 0] > 0.5).sum() for each in (even(lab), care)]
    assert light[1] > light[0]


def test_colours_are_those_that_can_be_had():
    known = np.array([[0.1, 0, 0], [0.4, 0, 0], [0.6, 0, 0], [0.95, 0, 0]])
    lab = np.random.default_rng(0).random((20, 30, 3)).astype(np.float32)
    found = choose_colours(lab, even(lab), 3, lambda wanted: known[nearest(wanted, known)])
    assert {tuple(colour) for colour in found} <= {tuple(colour) for colour in known}


@given(st.integers(0, 99), st.integers(1, 30))
@settings(max_examples=25, deadline=None)
def test_there_are_at_most_as_many_as_asked_for_and_all_are_told_apart(seed, count):
    lab = np.random.default_rng(seed).random((12, 15, 3)).astype(np.float32) * 0.2
    found = choose_colours(lab, even(lab), count)
    assert 1 <= len(found) <= count
    away = np.linalg.norm(found[:, None] - found[None], axis=-1) + np.eye(len(found))
    assert away.min() >= ALIKE
    again = choose_colours(lab, even(lab), count)
    assert (found == again).all()
