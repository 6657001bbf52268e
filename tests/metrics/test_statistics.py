import numpy as np

from impasto.data.colourfield import paint
from impasto.metrics.probe import told_apart
from impasto.metrics.statistics import NUMBERS, statistics_of


def wall(first, count):
    return np.stack([paint(seed, 48) for seed in range(first, first + count)])


def test_every_picture_has_finite_numbers():
    odd = np.stack([np.zeros((48, 48, 3)), np.full((48, 48, 3), 255)]).astype(np.uint8)
    for pictures in (odd, wall(0, 3), np.zeros((2, 33, 70, 3), np.uint8)):
        found = statistics_of(pictures)
        assert found.shape == (len(pictures), NUMBERS)
        assert np.isfinite(found).all()


def test_blur_is_told_from_originals_that_share_everything_else():
    one, other = wall(0, 100), wall(1000, 100)
    soft = (other[:, :-1, :-1] / 4 + other[:, 1:, :-1] / 4 + other[:, :-1, 1:] / 4).astype(np.uint8)
    soft = soft + other[:, 1:, 1:] // 4
    assert told_apart([statistics_of(one[:, 1:, 1:])], [statistics_of(soft)]) > 0.8
    assert told_apart([statistics_of(one)], [statistics_of(other)]) < 0.62
