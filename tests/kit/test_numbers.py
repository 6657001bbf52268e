"""Numbers: inside their regions, or beside them with a line."""

import numpy as np
import pytest

from impasto.kit.numbers import LEAST_HEIGHT, place
from impasto.kit.outlines import trace


def strip(width: int):
    """A wide field with one upright strip in it, pixels of half a millimetre."""
    regions = np.zeros((80, 120), np.int32)
    regions[:, :50], regions[:, 50 + width :] = 0, 2
    regions[:, 50 : 50 + width] = 1
    return regions, trace(regions, 0.5)


def test_a_number_stands_in_the_middle_of_the_largest_circle():
    regions = np.zeros((60, 60), np.int32)
    regions[10:50, 20:60] = 1
    first, second = place(regions, [3, 14], trace(regions, 0.5), 0.5)
    assert second.text == "14"
    assert (second.x, second.y) == pytest.approx((20, 15), abs=0.6)
    assert np.hypot(second.width, second.height) < second.room
    assert first.text == "3"


def test_digits_are_no_smaller_than_can_be_read_nor_larger_than_need_be():
    regions, lines = strip(8)
    labels = place(regions, [1, 22, 3], lines, 0.5)
    assert all(LEAST_HEIGHT <= label.height <= 3.2 for label in labels)


def test_a_number_that_does_not_fit_stands_beside_its_region_with_a_line_to_it():
    regions, lines = strip(3)
    labels = place(regions, [1, 22, 3], lines, 0.5)
    assert labels[0].target is None
    beside = labels[1]
    assert beside.height >= LEAST_HEIGHT
    assert beside.target is not None
    assert regions[int(beside.target[1] * 2), int(beside.target[0] * 2)] == 1
    assert regions[int(beside.y * 2), int(beside.x * 2)] != 1
    boxes = [(x.x - x.width / 2, x.y - x.height / 2, x.x + x.width / 2, x.y + x.height / 2)
             for x in labels]  # fmt: skip
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
            assert apart


def test_where_there_is_no_room_at_all_the_height_is_0():
    regions = np.arange(30, dtype=np.int32)[None].repeat(20, 0).repeat(2, 1)
    labels = place(regions, [10] * 30, trace(regions, 0.5), 0.5)
    assert all(label.height == 0 for label in labels)
