"""Ranges of seeds that must not meet."""

from itertools import pairwise

from impasto.generate import seeds


def test_a_hundred_thousand_pictures_of_one_use_are_never_those_of_another():
    begins = sorted(value for name, value in vars(seeds).items() if name.isupper())
    assert len(begins) == 7
    assert all(after - before >= 10**5 for before, after in pairwise(begins))
