"""ΔE."""

import numpy as np
import pytest

from impasto.paints.difference import cielab_delta_e, delta_e

# Sharma, Wu & Dalal 2005, "The CIEDE2000 Color-Difference Formula", table 1, where it is hardest.
PAIRS = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "known"), PAIRS)
def test_it_agrees_with_the_published_pairs(one, other, known):
    one, other = np.array(one, float), np.array(other, float)
    assert cielab_delta_e(one, other) == pytest.approx(known, abs=1e-4)
    assert cielab_delta_e(other, one) == pytest.approx(known, abs=1e-4)


def test_of_screen_colours_it_agrees_with_scikit_image():
    color = pytest.importorskip("skimage.color")
    chance = np.random.default_rng(0)
    one, other = chance.random((2, 200, 3))
    theirs = color.deltaE_ciede2000(color.rgb2lab(one), color.rgb2lab(other))
    assert delta_e(one, other) == pytest.approx(theirs, abs=0.02)
