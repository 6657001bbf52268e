"""Brushes by name, those of MyPaint among them; skipped where the system has no libmypaint."""

import json
from pathlib import Path

import numpy as np
import pytest

from impasto.brush import mypaint
from impasto.brush.choice import borrowed, draw_one, known_brush, network_of
from impasto.brush.engine import paste
from impasto.brush.mypaint import as_myb
from impasto.brush.settings import SETTINGS
from impasto.errors import ImpastoError
from tests.brush.test_myb import CHALK, changed, setting, written
from tests.libmypaint import real

ACROSS = np.float32([0.8, 0.5, 0.5, 0.4, 0.85, 0.6, 0.15, 0.6, 0.8])


def drawn(brush: str | Path, scale: float, seed: int = 0) -> np.ndarray:
    alpha = np.zeros((round(64 * scale), round(64 * scale)), np.uint8)
    paste(alpha, *draw_one(ACROSS, str(brush), scale, seed))
    return alpha


def test_a_brush_of_our_own_is_known_by_its_name():
    assert known_brush("ink") is SETTINGS["ink"]
    assert network_of("ink") == "ink"
    with pytest.raises(ImpastoError, match="Unknown brush 'sponge'"):
        known_brush("sponge")


@real
@pytest.mark.parametrize("name", ["ink", "wash"])
def test_our_own_brush_as_a_file_is_found_most_like_itself(tmp_path, name):
    path = written(tmp_path, json.dumps(as_myb(SETTINGS[name])))
    likeness = borrowed(str(path)).likeness
    assert likeness is not None
    assert likeness.brush == name
    assert abs(likeness.radius - SETTINGS[name].radius.base) <= 0.2
    assert known_brush(str(path)).width(0.5) == pytest.approx(SETTINGS[name].width(0.5), rel=0.25)


@real
@pytest.mark.parametrize("brush", [CHALK, changed(offset_by_random=setting(0.0))])
def test_drawn_larger_it_is_the_same_stroke(tmp_path, brush):
    path = written(tmp_path, brush)
    small = drawn(path, 2.0).astype(float)
    for scale in (3.0, 8.0, 40.0):  # of several tiles; at the last it is enlarged
        large = drawn(path, scale)
        covered = float((large / 255).sum()) / scale**2
        assert covered == pytest.approx(float((small / 255).sum()) / 4, rel=0.1)
        rows, columns = (axis.mean() / scale for axis in np.nonzero(large > 60))
        at = [axis.mean() / 2 for axis in np.nonzero(small > 60)]
        assert (rows, columns) == pytest.approx(at, abs=1.0)


@real
def test_the_same_seed_is_the_same_stroke_and_another_one_is_not(tmp_path):
    path = written(tmp_path, CHALK)
    assert np.array_equal(drawn(path, 4.0), drawn(path, 4.0))
    assert not np.array_equal(drawn(path, 4.0), drawn(path, 4.0, seed=1))


@real
def test_what_depends_on_the_drawn_size_is_held_still(tmp_path):
    thin = changed(opaque=setting(0.9, brush_radius=[[2.0, 0.0], [4.0, -0.8]]))
    path = written(tmp_path, thin)
    small, large = (float((drawn(path, scale) / 255).sum()) / scale**2 for scale in (2.0, 16.0))
    assert large == pytest.approx(small, rel=0.1)


@real
def test_settings_that_this_libmypaint_does_not_know_are_passed_over(tmp_path):
    newer = changed(sparkle=setting(3.0), hardness=setting(0.7, mood=[[0, 0], [1, 1]]))
    assert np.array_equal(
        drawn(written(tmp_path, newer, "newer.myb"), 2.0), drawn(written(tmp_path, CHALK), 2.0)
    )


@real
def test_a_brush_that_leaves_no_paint_is_refused(tmp_path):
    with pytest.raises(ImpastoError, match="leaves no paint"):
        known_brush(str(written(tmp_path, changed(opaque=setting(0.0)))))


@real
@pytest.mark.parametrize("base", [-99_999, 99_999])
@pytest.mark.parametrize("name", ["radius_logarithmic", "dabs_per_actual_radius", "speed1_gamma"])
def test_wild_numbers_stay_within_what_libmypaint_takes(tmp_path, capfd, name, base):
    wild = changed(**{name: setting(base, pressure=[[0, 0], [1, -base]])})
    path = written(tmp_path, wild)
    try:
        drawn(path, 2.0)
    except ImpastoError as error:
        assert "leaves no paint" in str(error)
    assert capfd.readouterr() == ("", "")


def test_a_brush_that_is_gone_is_named_with_a_way_out(tmp_path):
    with pytest.raises(ImpastoError, match=r"brush .*gone.myb is not there.*--brush oil"):
        known_brush(str(tmp_path / "gone.myb"))


def test_without_libmypaint_one_sentence_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(mypaint, "NAMES", ("no-such-library.so",))
    monkeypatch.setattr(mypaint.ctypes.util, "find_library", lambda name: None)
    mypaint.library.cache_clear()
    try:
        with pytest.raises(ImpastoError, match="apt install libmypaint"):
            known_brush(str(written(tmp_path, CHALK, "chalk-alone.myb")))
    finally:
        mypaint.library.cache_clear()
