import numpy as np
import pytest

from impasto.errors import ImpastoError
from impasto.metrics.distances import diversity, fid, kid, precision_recall
from impasto.metrics.measures import measure


def normal(seed, count, numbers, mean=0.0, spread=1.0):
    values = np.random.default_rng(seed).normal(mean, spread, (count, numbers))
    return values.astype(np.float32)


def test_pictures_of_the_same_kind_reach_the_floor():
    reals = normal(0, 400, 64)
    found, floor = measure(reals, normal(1, 400, 64))
    assert abs(found.kid) < 3 * found.kid_error
    assert abs(floor.kid) < 3 * floor.kid_error
    assert found.fid == pytest.approx(floor.fid, rel=0.1)
    for name in ("precision", "recall", "density", "coverage", "diversity"):
        assert getattr(found, name) == pytest.approx(getattr(floor, name), abs=0.06), name


def test_fid_is_taken_at_the_floors_own_number_of_pictures():
    """Else the floor of few pictures would lie above a good generator's FID."""
    reals, many = normal(0, 100, 60), normal(1, 4000, 60)
    found, floor = measure(reals, many)
    assert found.fid == pytest.approx(floor.fid, rel=0.1)
    assert fid(reals, many) < 0.8 * floor.fid


def test_faults_lie_above_the_floor_each_in_its_own_measure():
    reals = normal(0, 300, 8)
    shifted, floor = measure(reals, normal(1, 300, 8, mean=0.5))
    assert shifted.kid > floor.kid + 5 * shifted.kid_error
    assert shifted.fid > 2 * floor.fid
    narrow, _ = measure(reals, normal(1, 300, 8, spread=0.4))
    assert narrow.diversity == pytest.approx(0.4, abs=0.03)
    assert narrow.recall < 0.2 < 0.9 < narrow.precision
    wide, _ = measure(reals, normal(1, 300, 8, spread=2.5))
    assert wide.precision < 0.5 < 0.9 < wide.recall


def test_kid_and_diversity_use_every_picture():
    reals, fakes = normal(0, 101, 6), normal(1, 40, 6, 0.2)
    found, _ = measure(reals, fakes)
    assert (found.kid, found.kid_error) == kid(reals, fakes)
    assert found.diversity == diversity(reals, fakes)


def test_both_halves_of_the_originals_judge_in_turn():
    """A cluster that only one half holds would otherwise be missed or counted twice."""
    reals = np.concatenate([normal(0, 20, 4), normal(1, 20, 4, mean=50)])
    found, _ = measure(reals, reals[:20])
    assert found.recall < 0.6 < found.precision
    assert found.recall == pytest.approx(precision_recall(reals, reals[:20]).coverage, abs=0.15)


def test_the_seed_alone_decides_the_halves():
    reals, fakes = normal(0, 50, 6), normal(1, 50, 6, 0.2)
    assert measure(reals, fakes) == measure(reals, fakes)
    one, other = measure(reals, fakes, seed=1), measure(reals, fakes, seed=2)
    assert one[1].kid != other[1].kid
    assert one[0].kid == other[0].kid


def test_numbers_bear_their_networks_name():
    found, _ = measure(normal(0, 30, 4), normal(1, 30, 4))
    named = found.named("lite2")
    assert named["kid_lite2"] == found.kid
    assert named["kid_lite2_error"] == found.kid_error
    assert set(named) == {"kid_lite2", "kid_lite2_error"} | {
        f"{name}_lite2"
        for name in ("fid", "precision", "recall", "density", "coverage", "diversity")
    }


@pytest.mark.parametrize(
    ("reals", "fakes", "way"),
    [(19, 50, "originals, and there are 19; .*--against"), (50, 9, "there are 9; .*--count")],
)
def test_too_few_pictures_are_refused_with_the_way_out(reals, fakes, way):
    with pytest.raises(ImpastoError, match=way):
        measure(normal(0, reals, 4), normal(1, fakes, 4))
