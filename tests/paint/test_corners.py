"""The four corners of a canvas on a photograph."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from impasto.paint.begun import parse_corners
from impasto.paint.corners import clockwise, find_corners
from tests.paint.test_begun import CORNERS, HEIGHT, WIDTH, canvas, photograph


@pytest.mark.parametrize("wall", [30, 235])
def test_the_corners_of_a_canvas_are_found(wall):
    found = find_corners(photograph(canvas(), CORNERS, wall), 320 / 240)
    assert found is not None
    assert np.abs(found - CORNERS).max() < 5


@given(st.permutations(CORNERS.tolist()))
def test_corners_may_be_given_in_any_order(corners):
    text = ";".join(f"{x}, {y}".replace(" ", "") for x, y in corners)
    assert np.array_equal(parse_corners(text, WIDTH, HEIGHT), CORNERS)
    assert np.array_equal(clockwise(np.array(corners)), CORNERS)


def ruled(corners: np.ndarray, edges: list[tuple[int, int, int, int]]) -> np.ndarray:
    """A photograph of a canvas with straight dark lines from one point to another."""
    picture = Image.fromarray(photograph(canvas(), corners, 235))
    pen = ImageDraw.Draw(picture)
    for edge in edges:
        pen.line(edge, fill=(20, 20, 20), width=4)
    return np.asarray(picture)


def test_lines_on_the_wall_are_no_sides_of_the_canvas():
    """A rail above the canvas, from one edge of the photograph to the other, and a pipe."""
    found = find_corners(ruled(CORNERS, [(0, 20, 600, 26), (570, 0, 560, 450)]), 320 / 240)
    assert found is not None
    assert np.abs(found - CORNERS).max() < 5


def test_a_canvas_one_side_of_which_does_not_show_is_not_guessed():
    """The wall below is as the canvas is there; a line on the canvas could be its lower side."""
    sheet = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    sheet[60:440, 90:520] = (200, 190, 170)
    sheet[440:, 90:520] = sheet[439, 90:520]  # it goes on: a table, say
    sheet[370:374, 90:520] = 30
    assert find_corners(sheet, 430 / 310) is None


def test_two_canvases_of_one_shape_are_not_told_apart():
    sheet = np.full((450, 900, 3), 60, np.uint8)
    for left in (40, 480):
        sheet[70:370, left : left + 380] = (200, 190, 170)
    assert find_corners(sheet, 380 / 300) is None
    sheet[:, 440:] = 60
    assert find_corners(sheet, 380 / 300) is not None
