"""painting.svg: every stroke at its place and as wide as drawn, on a page as large as the PNG."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from impasto.paint.canvas import draw_painting
from impasto.paint.document import Strokes
from impasto.paint.vector import save_svg
from tests.paint.test_canvas import plain
from tests.paint.test_document import painting

SVG = "{http://www.w3.org/2000/svg}"
UNITS = 1000


def test_the_svg_has_every_stroke_where_it_is(tmp_path):
    made = painting(6)
    save_svg(made, tmp_path / "p.svg", UNITS)
    root = ElementTree.parse(tmp_path / "p.svg").getroot()
    paths = root.findall(f".//{SVG}path")
    assert len(paths) == 6
    start = [float(v) for v in paths[0].attrib["d"][1:].split("Q")[0].split()]
    square, nine = made.strokes.squares[0], made.strokes.geometry[0]
    expected = UNITS * (square[:2] + square[2] * nine[6:8])
    assert start == pytest.approx(expected.tolist(), abs=0.01)
    for path in paths:
        assert 0 < float(path.attrib["stroke-opacity"]) <= 1
        assert 0 < float(path.attrib["stroke-width"]) < UNITS


def test_a_vector_stroke_is_about_as_wide_as_the_drawn_one(tmp_path):
    line = np.float32([[1, 0.75, 0.5, 0.5, 0.9, 0.5, 0.1, 0.5, 1]])
    strokes = Strokes(np.float32([[0.0, 0.0, 0.6]]), line, np.float32([[0, 0, 0]]))
    made = replace(plain(0, "ink"), strokes=strokes)
    save_svg(made, tmp_path / "p.svg", UNITS)
    path = ElementTree.parse(tmp_path / "p.svg").getroot().find(f".//{SVG}path")
    large = draw_painting(made, UNITS)
    drawn = (large[:, 300, 0] < 128).sum()  # through the middle of the stroke
    assert float(path.attrib["stroke-width"]) == pytest.approx(drawn, rel=0.25)


@pytest.mark.parametrize("longer", [None, 333, 2048])
def test_the_page_is_as_large_as_the_picture_and_nothing_hangs_over_it(tmp_path, longer):
    made = painting(6)
    save_svg(made, tmp_path / "p.svg", longer)
    root = ElementTree.parse(tmp_path / "p.svg").getroot()
    height, width, _ = draw_painting(made, longer).shape
    assert (root.get("width"), root.get("height")) == (str(width), str(height))
    assert root.get("viewBox") == f"0 0 {width} {height}"
    clip = root.find(f"{SVG}clipPath")
    assert (clip[0].get("width"), clip[0].get("height")) == (str(width), str(height))
    (page,) = root.findall(f"{SVG}g")
    assert page.get("clip-path") == f"url(#{clip.get('id')})"
    assert len(page.findall(f".//{SVG}path")) == len(root.findall(f".//{SVG}path"))
