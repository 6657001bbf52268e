"""painting.svg: every stroke at its place and as wide as drawn, on a page as large as the PNG."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from impasto.paint.canvas import draw_painting
from impasto.paint.document import Painting, Strokes
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
    assert len({path.attrib["d"] for path in paths}) == 6
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


def shown(folder, made: Painting, longer: int) -> np.ndarray:
    """What a viewer shows of the strokes' lines: butt or round ends, one line on the other."""
    save_svg(made, folder / "p.svg", longer)
    root = ElementTree.parse(folder / "p.svg").getroot()
    sheet = np.full((int(root.get("height")), int(root.get("width"))), made.ground[0])
    place = np.stack(np.indices(sheet.shape)[::-1], -1) + 0.5
    butt = root.find(f".//{SVG}g[@fill='none']").get("stroke-linecap") == "butt"
    for path in root.findall(f".//{SVG}path"):
        points = np.array(re.findall(r"-?[\d.]+", path.get("d")), float).reshape(3, 2)
        t = np.linspace(0, 1, 60)
        way = np.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2], 1) @ points
        away = np.linalg.norm(place[:, :, None] - way, axis=3)
        inside = away.min(2) < float(path.get("stroke-width")) / 2
        if butt:
            inside &= (away.argmin(2) > 0) & (away.argmin(2) < 59)
        grey = int(path.get("stroke")[1:3], 16) / 255
        sheet[inside] += float(path.get("stroke-opacity")) * (grey - sheet[inside])
    return sheet


@pytest.mark.parametrize(
    ("brush", "half", "share"),
    [
        *(("oil", 0.15, 0.3), ("oil", 0.35, 0.15)),
        *(("wash", 0.05, 0.2), ("wash", 0.15, 0.24)),
        *(("dry", 0.15, 0.28), ("dry", 0.35, 0.2)),
    ],
)
def test_a_broad_stroke_is_no_bubble(tmp_path, brush, half, share):
    """Its ends and sides are those of the stroke as it is drawn."""
    line = np.float32([[1, 0.8, 0.5, 0.5, 0.5 + half, 0.5, 0.5 - half, 0.5, 1]])
    strokes = Strokes(np.float32([[0.05, 0.05, 0.9]]), line, np.float32([[0, 0, 0]]))
    made = Painting(96, 96, brush, 0, (1.0, 1.0, 1.0), "none", strokes)
    drawn = draw_painting(made)[..., 0] / 255
    error = np.square(shown(tmp_path, made, 96) - drawn).mean()
    assert error < share * np.square(1 - drawn).mean()


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
