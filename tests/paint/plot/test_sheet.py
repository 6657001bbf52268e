"""The canvas and the painting's place on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.errors import ImpastoError
from impasto.paint.plot.sheet import lay_out, parse_canvas


@given(st.integers(1, 4000), st.integers(1, 4000), st.floats(0, 90))
def test_a_painting_of_any_shape_lies_in_the_middle_within_the_margin(width, height, margin):
    sheet = lay_out((210, 297), margin, width, height)
    assert sheet.left >= margin - 1e-6
    assert sheet.top >= margin - 1e-6
    assert sheet.left * 2 + sheet.across == pytest.approx(sheet.width)
    assert sheet.top * 2 + sheet.down == pytest.approx(sheet.height)
    assert sheet.across / sheet.down == pytest.approx(width / height)
    assert (sheet.width > sheet.height) == (width > height)


def test_a_margin_that_leaves_nothing_says_what_would_do():
    with pytest.raises(ImpastoError, match="--margin 110"):
        lay_out((210, 297), 110, 1, 1)


@pytest.mark.parametrize("text", ["", "5x5mm", "9x9m", "letters"])
def test_what_is_no_canvas_names_its_option(text):
    with pytest.raises(ImpastoError, match="--canvas"):
        parse_canvas(text)
