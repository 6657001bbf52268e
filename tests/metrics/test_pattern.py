import numpy as np
import pytest

from impasto.data.colourfield import paint
from impasto.metrics.pattern import lattice, lines, stamp


@pytest.fixture(scope="module")
def originals():
    return np.stack([paint(seed, 48) for seed in range(200)])


def stamped(pictures, pattern):
    """A fixed pattern (H, W) in grey levels, added to every picture."""
    return np.clip(pictures.astype(int) + np.rint(pattern)[..., None], 0, 255).astype(np.uint8)


def test_originals_share_little(originals):
    assert abs(stamp(originals).correlation) < 0.3


def test_a_faint_pattern_on_every_picture_is_found(originals):
    dots = np.zeros((48, 48))
    dots[4::8, 4::8] = 20  # 2.5 grey levels root mean square
    found = stamp(stamped(originals, dots))
    assert found.correlation > 0.7
    assert found.levels == pytest.approx(dots.std(), rel=0.5)


def test_the_same_pattern_elsewhere_in_every_picture_is_no_stamp(originals):
    dots = np.zeros((48, 48))
    dots[4::8, 4::8] = 20
    chance = np.random.default_rng(0)
    moved = [stamped(each, np.roll(dots, chance.integers(0, 8, 2), (0, 1))) for each in originals]
    assert stamp(np.stack(moved)).correlation < 0.5


@pytest.mark.parametrize("upright", [True, False])
def test_a_weave_is_found_even_where_its_phase_changes(originals, upright):
    chance = np.random.default_rng(0)
    waves = 6 * np.cos(
        2 * np.pi * (np.arange(48) / 4 + chance.random((len(originals), 1)))
    )  # four pixels a period
    shape = (len(originals), 1, 48) if upright else (len(originals), 48, 1)
    woven = np.clip(originals + waves.reshape(shape)[..., None], 0, 255).astype(np.uint8)
    found = lines(woven, originals)
    assert found.excess > 5
    assert found.pixels == pytest.approx(4, rel=0.05)
    assert found.upright == upright


def test_originals_show_no_lines_against_originals(originals):
    order = np.random.default_rng(1).permutation(len(originals))
    assert lines(originals[order[:100]], originals[order[100:]]).excess < 3


def test_pictures_that_are_not_square_are_looked_at_too():
    wide = np.random.default_rng(0).integers(0, 256, (20, 32, 48, 3), np.uint8)
    assert abs(stamp(wide).correlation) < 0.3
    assert np.isfinite(lines(wide, wide[::-1]).excess)


def enlarged(pictures):
    """Half of each picture's fine detail is taken from inside cells of two pixels."""
    cells = pictures.reshape(len(pictures), 24, 2, 24, 2, 3).astype(float)
    mean = cells.mean((2, 4), keepdims=True)
    return np.rint(mean + 0.5 * (cells - mean)).astype(np.uint8).reshape(pictures.shape)


def test_the_grid_of_enlargement_is_found_where_the_mean_picture_has_none(originals):
    rough = np.random.default_rng(0).integers(-20, 21, originals.shape)
    painted = np.clip(originals + rough, 0, 255).astype(np.uint8)
    soft = enlarged(painted)
    assert lattice(painted).excess < 1
    found = lattice(soft)
    assert found.excess > 2
    assert lattice(soft[:, 1:-1, 1:-1]).excess == pytest.approx(found.excess, abs=0.3)
    assert abs(stamp(soft).correlation) < 0.3


def test_an_odd_side_has_a_lattice_too():
    wide = np.random.default_rng(0).integers(0, 256, (20, 33, 47, 3), np.uint8)
    assert np.isfinite(lattice(wide).excess)
