"""Canvases and papers, as they are typed."""

import pytest

from impasto.errors import ImpastoError
from impasto.kit.canvas import LEVELS, Canvas, parse_canvas, parse_paper


@pytest.mark.parametrize(
    ("text", "millimetres"),
    [("40x50cm", (400, 500)), ("300x400mm", (300, 400)), ("16x20in", (406.4, 508))],
)
def test_a_size_is_read_in_millimetres(text, millimetres):
    found = parse_canvas(text)
    assert (found.width, found.height) == pytest.approx(millimetres)


@pytest.mark.parametrize("text", ["", "40", "1x1cm", "9x9m", "A9", "nanxnan", "-3x4cm"])
def test_what_is_no_canvas_names_its_option(text):
    with pytest.raises(ImpastoError, match="--size"):
        parse_canvas(text)


def test_a_paper_smaller_than_a_postcard_is_refused():
    with pytest.raises(ImpastoError, match="--paper"):
        parse_paper("6x9cm")


def test_a_canvas_lies_where_its_picture_lies_and_holds_all_of_it():
    canvas = Canvas(400, 500)
    assert canvas.turned(3, 2) == Canvas(500, 400)
    assert canvas.turned(2, 3) == canvas
    assert canvas.holds(100, 100) == (400, 400)


def test_a_harder_level_has_narrower_regions():
    widths = [LEVELS[level].width for level in ("easy", "medium", "hard")]
    assert widths == sorted(widths, reverse=True)
    assert all(level.fine < level.width for level in LEVELS.values())
