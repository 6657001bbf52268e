"""Which number is black and which is white."""

import numpy as np
import pytest

from impasto.data.decode.ranges import Range, find_range, to_sixteen
from impasto.data.decode.verdict import Unreadable


@pytest.mark.parametrize(
    ("values", "kind", "white"),
    [
        ([0, 128, 255], "i4", 255),
        ([0, 4_000, 60_000], "i4", 65_535),
        ([0, 0.5, 1], "f4", 1),
        ([0, 3, 9], "f4", 1),  # highlights of a picture whose white is 1
        ([0, 90, 250], "f4", 255),
        ([], "u4", 255),
    ],
)
def test_white_is_the_smallest_usual_number_that_is_kept_to(values, kind, white):
    assert find_range(np.array(values * 50, kind), kind) == Range(0, white)


def test_where_many_are_negative_black_lies_as_far_below_zero():
    assert find_range(np.linspace(-1, 1, 100, dtype="f4"), "f4") == Range(-1, 1)


def test_numbers_are_stretched_and_what_is_none_is_refused():
    found = to_sixteen(np.array([0, 0.5, 1, 7, np.inf, -np.inf], "f4"), Range(0, 1))
    assert found.tolist() == [0, 32_768, 65_535, 65_535, 65_535, 0]
    with pytest.raises(Unreadable, match="NaN"):
        to_sixteen(np.array([0, np.nan], "f4"), Range(0, 1))
