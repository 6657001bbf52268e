"""Labelled sheets: every picture in its place, whatever its shape; enlarging keeps the shape."""

import numpy as np
import pytest

from impasto.generate.strips import LEAST_IN_A_FILM, enlarge, labelled


def flat(colour, height, width):
    return np.full((height, width, 3), colour, dtype=np.uint8)


@pytest.mark.parametrize(("height", "width"), [(100, 100), (96, 160), (160, 96)])
def test_each_picture_stands_in_its_row_and_column(height, width):
    shades = np.arange(6).reshape(2, 3) * 40 + 7
    table = np.stack([[flat(shade, height, width) for shade in row] for row in shades])
    sheet = labelled(table, ["a", "b\nc"], ["1", "2", "3"], "title")
    for row in range(2):
        for column in range(3):
            found = (sheet == shades[row, column]).all(axis=2)
            rows, columns = np.where(found)
            assert found.sum() >= height * width
            assert (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) == (
                height,
                width,
            )
    first, second = (np.where((sheet == shades[0, c]).all(axis=2))[1].min() for c in (0, 1))
    assert first < second
    assert (sheet[:12] < 100).any()  # the title's ink


def test_small_pictures_are_enlarged_and_long_titles_have_room():
    sheet = labelled(np.stack([[flat(9, 16, 24)]]), ["x"], [""], "A title that is rather long " * 3)
    assert (sheet == 9).all(axis=2).sum() >= 96 * 144
    assert sheet.shape[1] > 400


def test_enlarging_keeps_the_shape_and_doubles_by_itself():
    assert enlarge(flat(9, 48, 64)).shape == (384, 512, 3)
    assert enlarge(flat(9, LEAST_IN_A_FILM, 300)).shape == (LEAST_IN_A_FILM, 300, 3)
    assert enlarge(flat(9, 48, 64), 96).shape == (96, 128, 3)
    assert enlarge(flat(9, 48, 64), 24).shape == (24, 32, 3)
