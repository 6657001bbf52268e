"""Where dabs lie."""

import numpy as np

from impasto.brush import dabs
from impasto.brush.actions import geometry_of, random_actions
from impasto.brush.dabs import dabs_of
from impasto.brush.settings import SETTINGS


def test_dabs_lie_on_the_curve_where_a_brush_does_not_scatter():
    geometry = np.array([[0.5, 0.5, 0.5, 0.25, 0.9, 0.25, 0.1, 0.25, 0.5]], np.float32)
    dabs = dabs_of(geometry, SETTINGS["ink"])
    assert np.allclose(dabs.y, 16, atol=1e-3)
    assert np.all(np.diff(dabs.x) > 0)
    assert dabs.x[0] > 6.4 - 1e-3
    assert dabs.x[-1] < 57.6 + 1e-3


def test_speed_is_worked_out_only_for_brushes_that_heed_it(monkeypatch):
    geometry = geometry_of(random_actions(6, np.random.default_rng(0)))
    before = {name: dabs_of(geometry, SETTINGS[name]) for name in SETTINGS}
    asked = []
    quickness = dabs._quickness

    def counted(lengths):
        asked.append(len(lengths))
        return quickness(lengths)

    monkeypatch.setattr(dabs, "_quickness", counted)
    for name, settings in SETTINGS.items():
        asked.clear()
        again = dabs_of(geometry, settings)
        assert bool(asked) == bool(settings.radius.speed)
        assert np.array_equal(again.radius, before[name].radius)
