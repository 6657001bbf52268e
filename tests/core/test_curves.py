"""Curves: every name is to be read, however many there are."""

import re

import pytest

from impasto.core.curves import COLOURS, MOST_POINTS, WIDTH, curves


@pytest.mark.parametrize("count", [1, 3, 8])
def test_no_name_lies_on_another_or_beyond_the_frame(count):
    name = "paint-by-numbers-{}, KID-lite0@128"
    drawn = curves({name.format(n): ([0, 1], [n, 2]) for n in range(count)})
    places = re.findall(r'<text x="(\d+)" y="(\d+)" fill="(#\w+)">paint', drawn)
    assert len({(x, y) for x, y, _ in places}) == count
    assert all(int(x) + 6 * len(name) <= WIDTH + 10 for x, _, _ in places)
    height = int(re.search(r'viewBox="0 0 \d+ (\d+)"', drawn)[1])
    ys = [float(y) for points in re.findall(r'points="([^"]+)"', drawn)
          for y in re.findall(r",([\d.]+)", points)]  # fmt: skip
    if count > 2:  # more than a line of names: all of them above the curves
        assert max(int(y) for _, y, _ in places) < min(ys)
    assert max(ys) < height
    assert len({colour for _, _, colour in places}) == count <= len(COLOURS)


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 2 * MOST_POINTS - 1, 5000])
def test_a_long_curve_is_drawn_by_no_more_points_than_promised(count):
    drawn = curves({"a": (list(range(count)), list(range(count)))})
    assert len(re.search(r'points="([^"]+)"', drawn)[1].split()) <= MOST_POINTS


def test_names_are_escaped_and_nothing_draws_nothing():
    assert "<b>" not in curves({"<b>": ([0], [1])})
    assert curves({}) == ""
