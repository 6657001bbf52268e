"""Strokes on the canvas: at any size, in bands, over edges."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from impasto.brush.choice import draw_one
from impasto.core.images import FILTER
from impasto.errors import ImpastoError
from impasto.paint import canvas
from impasto.paint.canvas import Patch, draw_painting, lay
from impasto.paint.document import Painting, Strokes
from tests.paint.test_document import painting


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    error = np.square(a.astype(float) - b.astype(float)).mean() / 255**2
    return float(-10 * np.log10(max(error, 1e-10)))


def plain(count: int = 12, brush: str = "dry") -> Painting:
    made = painting(count)
    return Painting(96, 64, brush, 0, (1.0, 1.0, 1.0), "none", made.strokes)


def test_a_painting_has_its_proportions_at_every_size():
    assert draw_painting(plain(0)).shape == (64, 96, 3)
    assert draw_painting(plain(1), 240).shape == (160, 240, 3)
    assert draw_painting(plain(1), 31).shape == (21, 31, 3)


def test_strokes_cover_the_bare_canvas_in_their_colour():
    square, middle = np.float32([[0.2, 0.1, 0.4]]), [1, 0.9, 0.5, 0.5, 0.8, 0.5, 0.2, 0.5, 1]
    red = Strokes(square, np.float32([middle]), np.float32([[1, 0, 0]]))
    picture = draw_painting(replace(plain(0), strokes=red), 200)
    centre = picture[60, 80].astype(int)  # of the square: (0.4, 0.3) of 200 pixels
    assert centre[0] > 240
    assert centre[1] < 60
    assert (picture[-10:, -40:] == 255).all()


def test_bands_make_the_same_picture(monkeypatch):
    whole = draw_painting(plain(), 150)
    monkeypatch.setattr(canvas, "BAND_PIXELS", 150 * 7)
    assert np.array_equal(draw_painting(plain(), 150), whole)


def test_bands_make_the_same_picture_of_strokes_that_are_enlarged(monkeypatch):
    large = plain(6, "oil")
    squares = large.strokes.squares.copy()
    squares[:, 2] = 0.9
    geometry = large.strokes.geometry.copy()
    geometry[:, 1] = 0.9  # broad
    strokes = replace(large.strokes, squares=squares, geometry=geometry)
    large = replace(large, strokes=strokes)
    whole = draw_painting(large, 1_200)
    made: list[int] = []

    def drawn(*arguments):
        alpha, top, left = draw_one(*arguments)
        made.append(alpha.shape[0])
        return alpha, top, left

    monkeypatch.setattr(canvas, "BAND_PIXELS", 1_200 * 100)
    monkeypatch.setattr(canvas, "draw_one", drawn)
    apart = np.abs(draw_painting(large, 1_200).astype(int) - whole)
    assert apart.max() <= 1  # by rounding
    assert apart.mean() < 1e-4
    assert max(made) <= 100  # no stroke is made whole for each band


@pytest.mark.parametrize("brush", ["dry", "oil"])
def test_drawn_larger_it_is_the_same_composition(brush):
    small = draw_painting(plain(30, brush), 192)
    large = draw_painting(plain(30, brush), 768)
    shrunk = np.asarray(Image.fromarray(large).resize((192, 128), FILTER))
    assert psnr(shrunk, small) > 30


def test_a_square_between_two_pixels_is_not_rounded_to_one():
    """Moving the square by a third of a pixel moves the paint's centre by a third of a pixel."""
    centres = []
    for shift in (0.0, 1 / 3):
        square = np.float32([[0.2 + shift / 96, 0.1, 0.4]])
        line = np.float32([[1, 0.5, 0.5, 0.5, 0.8, 0.5, 0.2, 0.5, 1]])
        strokes = Strokes(square, line, np.float32([[0, 0, 0]]))
        ink = 255 - draw_painting(replace(plain(0, "ink"), strokes=strokes))[..., 0].astype(float)
        centres.append((ink * (np.arange(96) + 0.5)).sum() / ink.sum())
    assert centres[1] - centres[0] == pytest.approx(1 / 3, abs=0.05)


def test_linen_is_the_same_weave_at_every_size_and_none_is_none():
    cloth = Painting(96, 64, "dry", 0, (0.5, 0.5, 0.5), "linen", Strokes.none())
    small, large = draw_painting(cloth, 1024), draw_painting(cloth, 2048)
    assert small.std() > 1
    shrunk = np.asarray(Image.fromarray(large).resize((1024, 683), FILTER))
    assert np.corrcoef(shrunk.ravel(), small.ravel())[0, 1] > 0.8
    assert draw_painting(plain(0), 700).std() == 0


def test_no_painting_is_larger_than_can_be_drawn():
    with pytest.raises(ImpastoError, match="--size 99999"):
        draw_painting(plain(), 99_999)


def test_laying_mixes_by_opacity():
    sheet = np.ones((4, 4, 3), np.float32)
    patch = Patch(np.full((2, 2), 0.25, np.float32), slice(1, 3), slice(2, 4))
    lay(sheet, patch, np.float32([0, 0.2, 1]))
    assert np.allclose(sheet[1, 2], [0.75, 0.8, 1])
    assert (sheet[0] == 1).all()
    assert (sheet[:, :2] == 1).all()
