"""A brush's settings."""

import numpy as np

from impasto.brush.settings import Setting


def test_a_setting_follows_straight_lines_also_beyond_their_ends():
    setting = Setting(1.0, pressure=((0, 0), (0.5, 1), (1, 0)))
    at = np.array([-0.5, 0, 0.25, 0.75, 1.5], np.float32)
    assert np.allclose(setting.at(at), [0, 1, 1.5, 1.5, 0])
