"""What a stroke is worth: what the error grows by without it."""

import numpy as np
import pytest

from impasto.paint.canvas import Patch, lay
from impasto.paint.worth import worth

CHANCE = np.random.default_rng(0)


def some(count: int = 6) -> tuple[list[Patch], np.ndarray]:
    patches = []
    for _ in range(count):
        top, left = CHANCE.integers(0, 8, 2)
        alpha = CHANCE.random((8, 8), np.float32)
        patches.append(Patch(alpha, slice(top, top + 8), slice(left, left + 8)))
    return patches, CHANCE.random((count, 3), np.float32)


def error(patches, colours, below, target, care, bare=0.0, is_open=None) -> float:
    through = np.ones(care.shape, np.float32) if is_open is None else is_open.copy()
    canvas = below.copy()
    for patch, colour in zip(patches, colours, strict=True):
        lay(canvas, patch, colour)
        through[patch.rows, patch.columns] *= 1 - patch.alpha
    return float(((np.square(canvas - target).sum(2) + bare * through) * care).sum())


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("bare", [0.0, 0.5])
def test_it_is_what_painting_without_the_stroke_costs(bare, begun):
    patches, colours = some()
    below, target = CHANCE.random((2, 16, 16, 3), np.float32)
    care = CHANCE.random((16, 16), np.float32)
    is_open = np.float32(CHANCE.random((16, 16)) < 0.5) if begun else None
    rest = (below, target, care, bare, is_open)
    whole = error(patches, colours, *rest)
    for index, found in enumerate(worth(patches, colours, *rest)):
        others = [i for i in range(len(patches)) if i != index]
        without = error([patches[i] for i in others], colours[others], *rest)
        assert found == pytest.approx(without - whole, abs=1e-3)


def test_a_stroke_that_is_hidden_is_worth_nothing():
    patches, colours = some(2)
    patches[1] = Patch(np.ones((16, 16), np.float32), slice(0, 16), slice(0, 16))
    below, target = np.zeros((2, 16, 16, 3), np.float32)
    found = worth(patches, colours, below, target, np.ones((16, 16), np.float32))
    assert found[0] == 0
    assert found[1] != 0
