"""Linen and paper: the same cloth at every size, no grid, no moiré, no seam between bands."""

import numpy as np
import pytest

from impasto.paint.weave import weave

SIZES = [300, 341, 512, 768, 1024, 2048, 4000]


@pytest.mark.parametrize("longer", SIZES)
def test_linen_is_no_grid_at_any_size(longer):
    """Of a grid, or of a moiré, few waves hold a large part of all contrast."""
    cloth = weave("linen", range(256), min(longer, 256), longer)
    power = np.square(np.abs(np.fft.fft2(cloth - cloth.mean())))
    assert np.sort(power.ravel())[-8:].sum() < 0.3 * power.sum()


@pytest.mark.parametrize("kind", ["linen", "paper"])
@pytest.mark.parametrize("longer", SIZES)
def test_the_cloth_is_seen_and_neither_darkens_nor_brightens(kind, longer):
    cloth = weave(kind, range(200), min(longer, 600), longer)
    assert cloth.mean() == pytest.approx(1, abs=0.01)
    assert 0.007 < cloth.std() < 0.07
    assert 0.8 < cloth.min() < cloth.max() < 1.25


@pytest.mark.parametrize("kind", ["linen", "paper"])
def test_bands_are_parts_of_the_whole(kind):
    whole = weave(kind, range(90), 120, 500)
    parts = [weave(kind, range(at, at + 30), 120, 500) for at in (0, 30, 60)]
    assert np.allclose(np.concatenate(parts), whole, atol=1e-4)
