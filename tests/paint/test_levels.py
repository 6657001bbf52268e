"""Squares cover the canvas at every level, and the worst are chosen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.paint.levels import SHIFTS, cut, grid, plan_levels, worst

sides = st.integers(8, 300)


@given(st.integers(16, 400), st.integers(16, 400), sides, st.integers(0, 20))
def test_the_squares_of_a_phase_cover_the_canvas_without_overlap(height, width, side, phase):
    covered = np.zeros((height, width), int)
    squares = grid(height, width, side, phase)
    for left, top in zip(squares.left, squares.top, strict=True):
        assert top + side > 0
        assert left + side > 0
        covered[max(0, top) : top + side, max(0, left) : left + side] += 1
    assert (covered == 1).all()


def test_the_borders_of_one_phase_are_not_those_of_the_next():
    for phase in range(len(SHIFTS)):
        here, there = (grid(256, 256, 64, p) for p in (phase, phase + 1))
        assert set(here.left % 64) != set(there.left % 64) or set(here.top % 64) != set(
            there.top % 64
        )


@given(st.integers(16, 1024), st.integers(16, 1024), st.integers(1, 50_000))
def test_levels_spend_exactly_the_strokes_from_coarse_to_fine(height, width, strokes):
    levels = plan_levels(height, width, strokes)
    assert sum(level.strokes for level in levels) == strokes
    sizes = [level.side for level in levels]
    assert sizes == sorted(sizes, reverse=True)
    assert all(1 <= level.phases <= level.strokes for level in levels)


def test_the_worst_squares_are_those_with_most_error():
    error = np.ones((64, 64), np.float32) * 0.01
    error[40:44, 20:24] = 5
    chosen = worst(grid(64, 64, 16, 0), error, 1, even=0, seed=0)
    assert (chosen.left.tolist(), chosen.top.tolist()) == ([16], [32])


def test_painting_evenly_goes_elsewhere_too():
    error = np.full((64, 64), 1e-4, np.float32)
    error[:16, :16] = 1
    squares = grid(64, 64, 16, 0)
    always = [worst(squares, error, 1, 0, seed).left[0] for seed in range(30)]
    evenly = [worst(squares, error, 1, 1, seed).left[0] for seed in range(30)]
    assert set(always) == {0}
    assert set(evenly) == {0, 16, 32, 48}


@pytest.mark.parametrize("pixels", [16, 8])
def test_cut_squares_show_the_picture_and_nothing_outside(pixels):
    picture = np.zeros((32, 32, 2), np.float32)
    picture[..., 0] = np.arange(32)[None] / 32
    picture[..., 1] = 1
    squares = grid(32, 32, 16, 1)  # shifted by half: a border of outside all around
    parts = cut(picture, squares, pixels).numpy()
    assert parts.shape == (9, 2, pixels, pixels)
    assert (parts[0, 1, : pixels // 2 - 1] == 0).all()  # above the canvas
    assert parts[4, 1].min() > 0.99
    middle = parts[4, 0].mean()
    assert middle == pytest.approx(picture[8:24, 8:24, 0].mean(), abs=0.01)


def test_the_outermost_squares_are_those_at_the_rim():
    squares = grid(32, 48, 16, phase=0)
    left, top, right, bottom = squares.outermost(32, 48).T
    assert (left == (squares.left == 0)).all()
    assert (top == (squares.top == 0)).all()
    assert (right == (squares.left == 32)).all()
    assert (bottom == (squares.top == 16)).all()
    beyond = grid(30, 47, 16, phase=1)  # shifted by half a square
    assert beyond.outermost(30, 47)[0].tolist() == [True, True, False, False]
    assert beyond.outermost(30, 47)[-1].tolist() == [False, False, True, True]
