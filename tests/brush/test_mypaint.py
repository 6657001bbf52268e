"""The real libmypaint; skipped where the system has none."""

import numpy as np
import pytest

from impasto.brush import mypaint
from impasto.brush.actions import geometry_of, random_actions
from impasto.brush.engine import draw
from impasto.brush.settings import SETTINGS
from impasto.errors import ImpastoError
from tests.libmypaint import real

ROUND = [name for name, settings in SETTINGS.items() if not settings.bristles]
ALIKE = [name for name in ROUND if not SETTINGS[name].fine]


def strokes(count: int = 30) -> np.ndarray:
    return geometry_of(random_actions(count, np.random.default_rng(7)))


def error_of(one: np.ndarray, other: np.ndarray) -> float:
    return float(((one.astype(float) - other) ** 2).mean() / 255**2)


@real
@pytest.mark.parametrize("brush", ALIKE)
def test_the_embedded_engine_lays_its_dabs_where_libmypaint_does(brush):
    theirs, ours = mypaint.draw(strokes(), SETTINGS[brush]), draw(strokes(), brush)
    assert -10 * np.log10(error_of(theirs, ours)) > 30
    assert error_of(theirs, ours) < error_of(theirs, draw(strokes(), brush, seed=3)) / 5


@real
@pytest.mark.parametrize(("brush", "alike"), [("ink", 0.9), ("charcoal", 0.6)])
def test_fine_brushes_are_the_same_strokes_at_another_weight(brush, alike):
    theirs, ours = mypaint.draw(strokes(), SETTINGS[brush]), draw(strokes(), brush)
    assert -10 * np.log10(error_of(theirs, ours)) > 22
    assert np.corrcoef(theirs.ravel(), ours.ravel())[0, 1] > alike


@real
def test_a_stroke_is_a_function_of_its_action():
    assert np.array_equal(
        mypaint.draw(strokes(3), SETTINGS["dry"]), mypaint.draw(strokes(3), SETTINGS["dry"])
    )


def test_a_brush_with_bristles_is_refused():
    with pytest.raises(ImpastoError, match="no bristles"):
        mypaint.draw(strokes(1), SETTINGS["oil"])


def test_without_the_library_one_sentence_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(mypaint, "NAMES", ("no-such-library.so",))
    monkeypatch.setattr(mypaint.ctypes.util, "find_library", lambda name: None)
    mypaint.library.cache_clear()
    try:
        assert not mypaint.is_here()
        with pytest.raises(ImpastoError, match="apt install libmypaint"):
            mypaint.draw(strokes(1), SETTINGS["dry"])
    finally:
        mypaint.library.cache_clear()
