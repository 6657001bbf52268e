"""Colours are the exact least-squares solution, however strokes lie over each other."""

import numpy as np
import pytest

from impasto.paint.canvas import Patch, lay
from impasto.paint.colours import solve_colours, visible

HEIGHT, WIDTH = 20, 24


def patches(count: int, seed: int) -> list[Patch]:
    chance = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        top, left = chance.integers(0, 12), chance.integers(0, 16)
        alpha = chance.random((8, 8), np.float32)
        made.append(Patch(alpha, slice(top, top + 8), slice(left, left + 8)))
    return made


def painted(strokes: list[Patch], colours: np.ndarray, below: np.ndarray) -> np.ndarray:
    canvas = below.copy()
    for patch, colour in zip(strokes, colours, strict=True):
        lay(canvas, patch, colour)
    return canvas


def test_weights_say_what_laying_does():
    strokes, chance = patches(9, 0), np.random.default_rng(1)
    colours, below = chance.random((9, 3), np.float32), np.float32(np.full((HEIGHT, WIDTH, 3), 0.3))
    weights, through = visible(strokes, HEIGHT, WIDTH)
    total = through[..., None] * below
    for patch, weight, colour in zip(strokes, weights, colours, strict=True):
        total[patch.rows, patch.columns] += weight[..., None] * colour
    assert np.allclose(total, painted(strokes, colours, below), atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_colours_that_were_painted_with_are_found_again(seed):
    strokes, chance = patches(7, seed), np.random.default_rng(seed)
    true = chance.uniform(0.1, 0.9, (7, 3)).astype(np.float32)
    below = np.ones((HEIGHT, WIDTH, 3), np.float32)
    target = painted(strokes, true, below)
    care = np.ones((HEIGHT, WIDTH), np.float32)
    start = np.full((7, 3), 0.5, np.float32)
    found = solve_colours(strokes, start, below, target, care, iterations=60)
    assert np.abs(painted(strokes, found, below) - target).max() < 0.02


def test_only_pixels_that_matter_decide():
    patch = Patch(np.ones((8, 8), np.float32), slice(0, 8), slice(0, 8))
    target = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    target[:4, :8] = 0.8  # the upper half of the stroke
    care = np.zeros((HEIGHT, WIDTH), np.float32)
    care[:4] = 1
    start, below = np.zeros((1, 3), np.float32), np.zeros_like(target)
    found = solve_colours([patch], start, below, target, care)
    assert np.allclose(found, 0.8, atol=0.01)


def test_colours_stay_colours_and_hidden_strokes_keep_theirs():
    full = np.ones((8, 8), np.float32)
    hidden, above = (Patch(full, slice(0, 8), slice(0, 8)) for _ in range(2))
    target = np.full((HEIGHT, WIDTH, 3), 2.0, np.float32)
    care, below = np.ones((HEIGHT, WIDTH), np.float32), np.zeros_like(target)
    start = np.float32([[0.25] * 3, [0.5] * 3])
    found = solve_colours([hidden, above], start, below, target, care)
    assert np.allclose(found, [[0.25] * 3, [1.0] * 3], atol=1e-4)


def test_colours_that_are_held_go_half_the_way():
    patch = Patch(np.full((8, 8), 0.5, np.float32), slice(0, 8), slice(0, 8))
    target = np.full((HEIGHT, WIDTH, 3), 0.4, np.float32)  # which a stroke of .8 makes of black
    care, below = np.ones((HEIGHT, WIDTH), np.float32), np.zeros_like(target)
    start = np.full((1, 3), 0.4, np.float32)
    for hold, colour in ((0.0, 0.8), (1.0, 0.6), (3.0, 0.5)):
        found = solve_colours([patch], start, below, target, care, hold=hold)
        assert np.allclose(found, colour, atol=0.005)
