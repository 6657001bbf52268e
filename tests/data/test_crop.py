"""The four fits."""

import numpy as np
import pytest
from PIL import Image

from impasto.data.crop import fit_picture, size_before_fit


def halves(across: int, down: int) -> Image.Image:
    """Left half black, right half white."""
    picture = np.zeros((down, across, 3), dtype=np.uint8)
    picture[:, across // 2 :] = 255
    return Image.fromarray(picture)


def test_crop_keeps_the_centre():
    found = np.asarray(fit_picture(halves(200, 100), 50, 50, "crop"))
    assert found[:, :20].max() == 0
    assert found[:, 30:].min() == 255


def test_top_left_keeps_the_corner():
    found = np.asarray(fit_picture(halves(200, 100), 50, 50, "top-left"))
    assert found[:, :48].max() == 0


def test_pad_keeps_everything_on_the_matte():
    found = np.asarray(fit_picture(halves(200, 100), 48, 48, "pad", matte=128))
    assert (found[:12] == 128).all()
    assert (found[36:] == 128).all()
    assert (found[24, 0] == 0).all()
    assert (found[24, 47] == 255).all()


def test_stretch_ignores_the_aspect():
    found = np.asarray(fit_picture(halves(200, 100), 40, 40, "stretch"))
    assert (found[:, 0] == 0).all()
    assert (found[:, 39] == 255).all()


@pytest.mark.parametrize("fit", ["crop", "top-left", "pad", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (33, 47)])
def test_every_shape_becomes_the_size(fit, size):
    assert fit_picture(Image.new("RGB", size), 24, 16, fit).size == (24, 16)
    least = size_before_fit(*size, 24, 16, fit)
    assert least[0] >= 1
    assert least[1] >= 1


def test_shrinking_is_antialiased():
    """A fine checkerboard becomes an even grey, not a coarse pattern."""
    board = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
    found = np.asarray(fit_picture(Image.fromarray(board).convert("RGB"), 32, 32, "crop"))
    assert found.std() < 3
