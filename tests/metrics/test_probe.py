import numpy as np
import pytest

from impasto.errors import ImpastoError
from impasto.metrics.probe import halves_told_apart, told_apart


def cloud(seed, count=200, width=64, shift=0.0):
    return np.random.default_rng(seed).normal(size=(count, width)) + shift


def test_pictures_of_one_kind_cannot_be_told_apart():
    assert told_apart([cloud(0)], [cloud(1)]) == pytest.approx(0.5, abs=0.08)
    assert halves_told_apart([cloud(0, 400)]) == pytest.approx(0.5, abs=0.08)


def test_a_difference_in_a_few_numbers_is_found():
    other = cloud(1)
    other[:, :4] += 1.0
    assert told_apart([cloud(0)], [other]) > 0.75


def test_it_never_answers_for_what_it_has_learnt_from():
    """More numbers than pictures can be learnt by heart; held-out pictures cannot."""
    assert told_apart([cloud(0, 60, 2000)], [cloud(1, 60, 2000)]) < 0.65


def test_a_copy_of_the_originals_gets_no_praise_beyond_a_guess():
    originals = cloud(0)
    assert told_apart([originals], [originals.copy()]) <= 0.55


def test_one_network_that_sees_it_is_enough():
    blind, seeing = cloud(0), cloud(2)
    assert told_apart([blind, seeing], [cloud(1), cloud(3, shift=0.5)]) > 0.8


def test_columns_that_never_change_and_other_scales_do_no_harm():
    one, other = cloud(0) * 1e6, cloud(1) * 1e6
    one[:, 0] = other[:, 0] = 7
    assert told_apart([one], [other]) == pytest.approx(0.5, abs=0.08)


def test_too_few_or_other_widths_are_said():
    with pytest.raises(ImpastoError, match="needs 10 pictures"):
        told_apart([cloud(0, 9)], [cloud(1)])
    with pytest.raises(ImpastoError, match="one width"):
        told_apart([cloud(0)], [cloud(1, width=32)])
