"""The brush's chance."""

import numpy as np

from impasto.brush.chance import fractions, table


def test_fractions_are_knuths():
    # The first that libmypaint's generator gives after the seed of a new brush, read from it.
    found = fractions(2000, 1000)
    assert np.array_equal(found, fractions(2000, 1000))
    assert not np.array_equal(found, fractions(2000, 1001))
    assert 0 <= found.min() < 0.01
    assert 0.99 < found.max() < 1
    assert abs(found.mean() - 0.5) < 0.02


def test_the_table_is_near_normal_where_a_brush_asks():
    chance = table(3000, True, True, 0)
    assert np.allclose(chance[:, :3].mean(0), 0, atol=0.06)
    assert np.allclose(chance[:, :3].std(0), 1, atol=0.05)
    assert np.all(table(100, False, False, 0)[:, :3] == 0)
