"""Borrowed style: the painting's colours, the photograph's layout."""

import numpy as np

from impasto.core.colour import to_oklab
from impasto.paint.style import recolour, retexture


def noise(seed: int, low: list[float], high: list[float]) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, (40, 48, 3)).astype(np.float32)


def test_recoloured_it_has_the_paintings_mean_and_spread():
    photo = noise(0, [0.3, 0.3, 0.3], [0.7, 0.6, 0.6])
    painting = (noise(1, [0.4, 0.3, 0.2], [0.7, 0.5, 0.35]) * 255).astype(np.uint8)
    moved, wanted = (
        to_oklab(x).reshape(-1, 3) for x in (recolour(photo, painting), painting / 255)
    )
    assert np.allclose(moved.mean(0), wanted.mean(0), atol=0.01)
    assert np.allclose(np.cov(moved.T), np.cov(wanted.T), atol=0.002)


def test_recoloured_after_itself_nothing_changes():
    photo = noise(0, [0.2] * 3, [0.8] * 3)
    assert np.allclose(recolour(photo, (photo * 255).round().astype(np.uint8)), photo, atol=0.01)


def test_a_flat_picture_or_painting_is_no_trouble():
    flat = np.full((20, 20, 3), 0.5, np.float32)
    red = np.zeros((20, 20, 3), np.uint8) + np.uint8([200, 20, 20])
    assert np.allclose(recolour(flat, red), red / 255, atol=0.02)


def test_retextured_it_comes_nearer_to_the_paintings_statistics():
    photo = np.full((64, 64, 3), 0.5, np.float32)
    photo[:, 32:] = 0.6
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[::4], stripes[1::4] = 255, 255
    moved = retexture(photo, stripes, steps=8)
    assert moved.shape == photo.shape
    assert 0 <= moved.min() <= moved.max() <= 1
    rough = np.abs(np.diff(moved, axis=0)).mean()
    assert rough > 3 * np.abs(np.diff(photo, axis=0)).mean() + 0.005
