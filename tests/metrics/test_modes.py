import numpy as np
import pytest

from impasto.data.colourfield import FAMILIES, paint
from impasto.errors import ImpastoError
from impasto.metrics.modes import FamilyCounter


@pytest.fixture(scope="module")
def counter():
    return FamilyCounter(size=64, each=20)


def test_families_are_recognised_in_pictures_never_seen(counter):
    expected = np.arange(120) % len(FAMILIES)
    pictures = np.stack([paint(seed, 64, FAMILIES[n]) for seed, n in enumerate(expected)])
    assert (counter.families(pictures) == expected).mean() > 0.95


def test_collapse_is_counted(counter):
    kept = ("fields", "targets")
    pictures = np.stack([paint(seed, 64, family) for family in kept for seed in range(12)])
    modes = counter.count(pictures)
    assert sum(modes.shares.values()) == pytest.approx(1)
    assert modes.shares["fields"] == pytest.approx(0.5, abs=0.05)
    assert set(modes.missing) == set(FAMILIES) - set(kept)
    assert modes.evenness == pytest.approx(1 / 3, abs=0.1)  # log 2 over log 8
    one = counter.count(np.stack([paint(seed, 64, "stripes") for seed in range(10)]))
    assert one.shares["stripes"] == 1
    assert one.evenness == 0


def test_families_are_counted_in_pictures_that_are_not_square():
    counter = FamilyCounter(size=(64, 48), each=20)
    expected = np.arange(60) % len(FAMILIES)
    pictures = np.stack([paint(seed, 64, FAMILIES[n])[8:56] for seed, n in enumerate(expected)])
    assert (counter.families(pictures) == expected).mean() > 0.95
    with pytest.raises(ImpastoError, match="64×48"):
        counter.families(pictures[:, :, :48])


def test_pictures_of_another_size_or_none_are_refused(counter):
    with pytest.raises(ImpastoError, match="make one with their size"):
        counter.families(np.zeros((2, 32, 32, 3), np.uint8))
    with pytest.raises(ImpastoError, match="generate some first"):
        counter.count(np.zeros((0, 64, 64, 3), np.uint8))
