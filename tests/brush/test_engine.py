"""The embedded engine, and the chance that it shares with libmypaint."""

import numpy as np
import pytest

from impasto.brush.actions import GEOMETRY, geometry_of, random_actions
from impasto.brush.engine import draw, draw_one, paste
from impasto.brush.settings import SETTINGS


def strokes(count: int = 6, seed: int = 0) -> np.ndarray:
    return geometry_of(random_actions(count, np.random.default_rng(seed)))


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(-10 * np.log10(((one.astype(float) - other) ** 2).mean() / 255**2))


def shrunk(pictures: np.ndarray, times: int) -> np.ndarray:
    count, height, width = pictures.shape
    blocks = pictures.reshape(count, height // times, times, width // times, times)
    return blocks.mean((2, 4))


@pytest.mark.parametrize("brush", SETTINGS)
def test_a_stroke_drawn_larger_is_the_same_stroke(brush):
    small, large = draw(strokes(4), brush), draw(strokes(4), brush, 256)
    assert psnr(small, shrunk(large, 4)) > 33
    assert large.max() > 100


@pytest.mark.parametrize("brush", SETTINGS)
def test_a_huge_stroke_that_is_enlarged_agrees_with_a_large_one(brush):
    large, huge = draw(strokes(1), brush, 256), draw(strokes(1), brush, 1024)
    assert psnr(large, shrunk(huge, 4)) > 33


def test_a_stroke_does_not_depend_on_its_neighbours_in_the_batch():
    together = draw(strokes(18), "wash")
    alone = np.concatenate([draw(some[None], "wash") for some in strokes(18)])
    assert np.abs(together.astype(int) - alone).max() <= 1


def test_one_stroke_on_its_own_rectangle_is_the_same_stroke():
    for geometry in strokes():
        alpha, top, left = draw_one(geometry, "charcoal", 1.0)
        canvas = np.zeros((64, 64), np.uint8)
        paste(canvas, alpha, top, left)
        assert np.abs(canvas.astype(int) - draw(geometry[None], "charcoal")[0]).max() <= 1


def test_the_rectangle_holds_all_of_the_stroke():
    for brush in SETTINGS:
        alpha, _, _ = draw_one(strokes(1)[0], brush, 2.0)
        rim = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
        assert rim.max() == 0


def test_a_stroke_may_lie_outside_of_its_square():
    geometry = strokes(1)[0]
    moved = geometry.copy()
    moved[2:8] += 1.0
    here, there = draw_one(geometry, "ink", 1.0), draw_one(moved, "ink", 1.0)
    assert (there[1] - here[1], there[2] - here[2]) == (64, 64)
    assert np.abs(here[0].astype(int) - there[0]).max() <= 3


@pytest.mark.parametrize("brush", ["dry", "oil", "charcoal"])
def test_another_seed_is_another_texture_and_the_same_seed_the_same(brush):
    one, again, other = (
        draw(strokes(), brush),
        draw(strokes(), brush),
        draw(strokes(), brush, 64, 5),
    )
    assert np.array_equal(one, again)
    assert psnr(one, other) < 40


def test_without_pressure_nothing_is_drawn():
    geometry = strokes()
    geometry[:, [GEOMETRY.pressure, GEOMETRY.entry_pressure]] = 0
    for brush in SETTINGS:
        assert draw(geometry, brush).max() == 0


def test_more_pressure_and_more_size_cover_more():
    geometry = strokes()
    light, heavy, thin, wide = (geometry.copy() for _ in range(4))
    light[:, [0, 8]], heavy[:, [0, 8]] = 0.2, 0.9
    thin[:, 1], wide[:, 1] = 0.1, 0.9
    for brush in SETTINGS:
        assert draw(heavy, brush).mean() > draw(light, brush).mean()
        assert draw(wide, brush).mean() > draw(thin, brush).mean()


def test_a_stroke_of_no_length_is_empty():
    geometry = strokes(1)
    geometry[:, 2:8] = 0.5
    assert draw(geometry, "dry").max() == 0
    assert draw_one(geometry[0], "dry", 4.0)[0].size == 0
