"""Where a picture runs and what counts in it."""

import numpy as np
import pytest

from impasto.paint.levels import grid
from impasto.paint.structure import FAINT, RIM_WEIGHT, Structure, rim, visibility


def test_structure_runs_along_the_stripes():
    x = np.arange(64, dtype=np.float32)
    stripes = np.broadcast_to(np.sin(x)[None, :, None], (48, 64, 3)) * np.float32(0.4) + 0.5
    flow = Structure(np.ascontiguousarray(stripes)).flow(grid(48, 64, 16, 0)).numpy()
    assert (flow[:, 0] < -0.95).all()  # upright: twice 90° is 180°
    flat = Structure(np.full((48, 64, 3), 0.5, np.float32)).flow(grid(48, 64, 16, 0)).numpy()
    assert np.abs(flat).max() < 1e-3


def test_an_error_shows_where_the_picture_is_calm():
    picture = np.full((32, 64, 3), 0.5, np.float32)
    picture[:, 32:] += 0.2 * (-1) ** np.indices((32, 32)).sum(0)[..., None]  # variance .04
    weight = visibility(picture, masking=0.4)
    assert weight.mean() == pytest.approx(1, rel=1e-5)
    inside = weight[16, 16] / weight[16, 48]  # of 11 × 11 pixels, one more is bright than dark
    assert inside == pytest.approx(((0.04 + FAINT) / FAINT) ** 0.4, rel=1e-3)
    assert (visibility(picture, masking=0.0) == 1).all()
    assert (visibility(picture[:1, :1], masking=0.4) == 1).all()


@pytest.mark.parametrize(("height", "width", "wide"), [(512, 768, 4), (48, 64, 1), (16, 384, 2)])
def test_the_rim_counts_more(height, width, wide):
    weight = rim(height, width)
    assert weight.mean() == pytest.approx(1, rel=1e-4)
    inside = weight[wide:-wide, wide:-wide]
    assert len(np.unique(inside)) == 1
    heavy = weight > inside[0, 0]
    assert heavy.sum() == height * width - (height - 2 * wide) * (width - 2 * wide)
    assert np.allclose(weight[heavy], RIM_WEIGHT * inside[0, 0])
