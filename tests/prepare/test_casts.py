"""What happens to colours between two scans."""

import numpy as np

from impasto.prepare.casts import explain

RNG = np.random.default_rng(0)
COLOURS = RNG.uniform(20, 235, (64, 3))


def test_a_brighter_and_paler_scan_is_explained():
    grey = COLOURS.mean(1, keepdims=True)
    other = 0.75 * COLOURS + 0.25 * grey + 10
    found = explain(COLOURS, other)
    assert found.unexplained < 0.02
    assert found.fits(0)


def test_a_grey_copy_is_explained():
    grey = np.repeat(COLOURS @ [[0.299], [0.587], [0.114]], 3, axis=1)
    assert explain(COLOURS, grey).fits(1)


def test_another_painting_is_not():
    other = RNG.uniform(20, 235, (64, 3))
    assert not explain(COLOURS, other).fits(1)


def test_the_order_of_the_two_does_not_matter():
    other = COLOURS * 0.8 + 5
    assert explain(COLOURS, other) == explain(other, COLOURS)
