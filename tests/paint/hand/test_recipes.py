"""Lists of paints: whatever their words, they flow."""

import pytest

pytest.importorskip("reportlab")

from impasto.paint.hand.recipes import BETWEEN, LEADING, Entry, height_of


def test_long_words_take_more_lines_and_a_narrow_column_still_more():
    short, long = Entry(1, (0, 0, 0), "white"), Entry(2, (1, 1, 1), "two parts of white " * 9)
    assert len(short.lines(60)) == 1
    assert len(long.lines(40)) > len(long.lines(80)) > 1
    assert short.height(60) == pytest.approx(LEADING + BETWEEN)
    assert height_of([short, long], 60) == pytest.approx(short.height(60) + long.height(60))


def test_letters_that_the_font_lacks_are_no_fault():
    assert Entry(1, (0, 0, 0), "白").lines(60) == ["?"]
