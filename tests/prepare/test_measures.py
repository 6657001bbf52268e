"""Borders, spread, clutter and shape, each on a picture that has exactly that."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from impasto.prepare.measures import clutter, colour_spread, find_borders, lost_to_crop
from tests.prepare.messy import strokes


def framed(colour, left=20, top=12, right=20, bottom=12):
    picture = strokes(1, 200, 160)
    sheet = np.empty((160 + top + bottom, 200 + left + right, 3), dtype=np.uint8)
    sheet[:] = colour
    sheet[top : top + 160, left : left + 200] = picture
    return sheet


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (214, 205, 190)])
def test_a_mount_is_found_to_the_pixel_or_two(colour):
    left, top, right, bottom = find_borders(framed(colour))
    assert 20 <= left <= 23
    assert 12 <= top <= 15
    assert 217 <= right <= 220
    assert 169 <= bottom <= 172


def test_a_letterbox_is_found():
    left, top, right, bottom = find_borders(framed((0, 0, 0), left=0, right=0))
    assert (left, right) == (0, 200)
    assert 12 <= top <= 15
    assert 169 <= bottom <= 172


def test_one_dark_side_is_no_border():
    assert find_borders(framed((0, 0, 0), 0, 0, 0, 30)) == (0, 0, 200, 190)


def test_a_picture_without_border_stays_whole():
    assert find_borders(strokes(2, 200, 160)) == (0, 0, 200, 160)


def test_a_figure_on_plain_ground_is_not_cut_out():
    image = Image.new("RGB", (200, 240), (240, 236, 228))
    ImageDraw.Draw(image).ellipse((60, 40, 140, 200), fill=(40, 30, 30))
    assert find_borders(np.asarray(image)) == (0, 0, 200, 240)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 1), (8, 8)])
def test_tiny_pictures_are_no_trouble(size):
    assert find_borders(np.zeros((*size, 3), dtype=np.uint8)) == (0, 0, size[1], size[0])


def test_spread_sees_past_noise_and_a_blot():
    noise = np.random.default_rng(0).integers(-3, 4, (64, 64, 3))
    flat = (np.full((64, 64, 3), 120) + noise).astype(np.uint8)
    assert colour_spread(flat) < 6
    flat[:10, :10] = 255
    assert colour_spread(flat) < 6
    flat[:, 32:] = 60
    assert colour_spread(flat) > 40


def test_clutter_orders_pictures_as_an_eye_would():
    flat = np.full((64, 64, 3), 90, dtype=np.uint8)
    blocks = flat.copy()
    blocks[:, 32:] = 200
    busy = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert clutter(flat) == 0
    assert 0 < clutter(blocks) < 0.05
    assert clutter(busy) > 0.9


def test_what_a_crop_loses():
    assert lost_to_crop(100, 100, 64, 64) == 0
    assert lost_to_crop(400, 100, 64, 64) == pytest.approx(0.75)
    assert lost_to_crop(300, 200, 96, 64) == pytest.approx(0)
