"""Kits from end to end: what is printed can be read, whatever the picture."""

import dataclasses
import json
import re
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pytest

from impasto.kit.canvas import LEVELS, Canvas
from impasto.kit.making import Order, make_kit, read_picture
from impasto.paints.files import load_paints
from tests.kit import pictures
from tests.kit.reader import read_page

SMALL = Canvas(90, 120)
"""Millimetres: pages that are drawn in a moment."""

ORDER = Order(SMALL, 12, attentive=False)


def unreadable(file, labels):
    numbers = read_page(file, -1)
    faulty = [number for number in numbers if number.faults]
    assert sorted(number.text for number in numbers) == sorted(label.text for label in labels)
    return faulty


@pytest.mark.parametrize(
    "make", [pictures.painting, pictures.landscape, pictures.line_drawing, pictures.noise]
)
@pytest.mark.parametrize("level", ["easy", "hard"])
def test_each_region_has_a_number_that_can_be_read(make, level, tmp_path):
    done = make_kit(make(), dataclasses.replace(ORDER, level=level), tmp_path, "a picture")
    assert done.figures["numbered"] == 1
    assert done.plan.narrowest >= LEVELS[level].width
    assert unreadable(done.files["kit"], done.plan.labels) == []


def test_areas_of_the_pots_sum_to_the_picture_and_paint_follows_area(tmp_path):
    done = make_kit(pictures.landscape(), ORDER, tmp_path, "a picture")
    total = sum(pot.area for pot in done.plan.pots)
    assert total == pytest.approx(done.plan.width * done.plan.height / 100, rel=1e-3)
    largest = max(done.plan.pots, key=lambda pot: pot.area)
    assert largest.millilitres == max(pot.millilitres for pot in done.plan.pots)


def test_with_paints_every_pot_has_a_recipe_and_says_how_near_it_comes(tmp_path):
    order = dataclasses.replace(ORDER, paints=load_paints("acrylics"))
    done = make_kit(pictures.landscape(), order, tmp_path, "a picture")
    for pot in done.plan.pots:
        assert pot.mixture is not None
        assert 1 <= len(pot.mixture.parts) <= 3
    assert np.mean([pot.mixture.delta_e for pot in done.plan.pots]) < 5
    text = pypdfium2.PdfDocument(done.files["kit"])[0].get_textpage().get_text_range()
    assert "Titanium white" in text
    assert "dE" in text
    assert json.loads(done.files["plan"].read_text())["pots"][0]["recipe"]


def test_svg_has_layers_and_a_path_for_each_region(tmp_path):
    done = make_kit(pictures.landscape(), ORDER, tmp_path, "a <picture> & more")
    text = done.files["svg"].read_text()
    assert re.findall(r'<g id="(\w+)"', text) == ["colours", "outlines", "numbers"]
    colours = text.split('id="colours"')[1].split("</g>")[0]
    assert colours.count("<path") == len(done.plan.labels)
    assert text.count("<text") == len(done.plan.labels)
    assert "a &lt;picture&gt; &amp; more" in text


def test_a_picture_of_one_colour_is_one_region(tmp_path):
    done = make_kit(np.full((60, 80, 3), 120, np.uint8), ORDER, tmp_path, "plain")
    assert [label.text for label in done.plan.labels] == ["1"]
    assert "would have served no region" in done.remark()


def test_a_tiny_picture_and_a_small_canvas_make_a_kit(tmp_path):
    order = dataclasses.replace(ORDER, canvas=Canvas(50, 50))
    done = make_kit(pictures.painting(width=17, height=16), order, tmp_path, "tiny")
    assert unreadable(done.files["kit"], done.plan.labels) == []


def test_fill_cuts_the_longer_side(tmp_path):
    done = make_kit(
        pictures.landscape(), dataclasses.replace(ORDER, fit="fill"), tmp_path, "filled"
    )
    assert (done.plan.width, done.plan.height) == pytest.approx((120, 90), abs=1)


def test_the_same_picture_makes_the_same_files(tmp_path):
    for name in ("one", "two"):
        make_kit(pictures.painting(), ORDER, tmp_path / name, "same")
    for file in ("kit.pdf", "plan.svg", "painted.png", "kit.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_transparent_and_sixteen_bit_pictures_are_read(tmp_path):
    from PIL import Image

    clear = Image.new("RGBA", (60, 40), (200, 30, 30, 255))
    clear.paste((0, 0, 0, 0), (0, 0, 30, 40))
    clear.save(tmp_path / "clear.png")
    assert read_picture(tmp_path / "clear.png")[0, 0].tolist() == [255, 255, 255]
    deep = (np.linspace(0, 65535, 60)[None].repeat(40, 0)).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert read_picture(tmp_path / "deep.png")[0, -1].tolist() == [255, 255, 255]


def test_a_line_drawing_keeps_its_lines(tmp_path):
    order = dataclasses.replace(ORDER, canvas=Canvas(200, 200))
    done = make_kit(pictures.line_drawing(), order, tmp_path, "lines")
    assert len(done.plan.labels) > 12
    dark = [pot for pot in done.plan.pots if max(pot.colour) < 0.3]
    assert sum(pot.area for pot in dark) > 40


def test_a_name_that_is_no_text_is_spelt_on_every_page(tmp_path):
    """Names of files are bytes; those that are not UTF-8 have halves of pairs (PEP 383)."""
    done = make_kit(pictures.landscape(), ORDER, tmp_path, "caf\udce9 \x01 北斎")
    title = ElementTree.parse(done.files["svg"]).getroot()[0]
    with pypdfium2.PdfDocument(done.files["kit"]) as document:
        assert document.get_metadata_value("Title") == title.text == "caf\\xe9 \\x01 北斎"
        assert "caf\\xe9" in document[0].get_textpage().get_text_range()
