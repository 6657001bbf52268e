"""Where dabs lie."""

import numpy as np

from impasto.brush.dabs import dabs_of
from impasto.brush.settings import SETTINGS


def test_dabs_lie_on_the_curve_where_a_brush_does_not_scatter():
    geometry = np.array([[0.5, 0.5, 0.5, 0.25, 0.9, 0.25, 0.1, 0.25, 0.5]], np.float32)
    dabs = dabs_of(geometry, SETTINGS["ink"])
    assert np.allclose(dabs.y, 16, atol=1e-3)
    assert np.all(np.diff(dabs.x) > 0)
    assert dabs.x[0] > 6.4 - 1e-3
    assert dabs.x[-1] < 57.6 + 1e-3
