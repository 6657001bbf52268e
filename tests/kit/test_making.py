"""Kits from end to end: what is printed can be read, whatever the picture."""

import dataclasses
import json
import re

import numpy as np
import pypdfium2
import pytest

from impasto.kit.canvas import LEVELS, Canvas
from impasto.kit.drawing import painted
from impasto.kit.making import Order, make_kit, read_picture
from impasto.kit.plan import grid_of, solve
from impasto.kit.sheets import save_pdf, tiles
from impasto.metrics.attention import Attention
from impasto.paints.files import load_paints
from tests.kit import pictures
from tests.kit.reader import MM, read_page

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


def test_numbers_that_cannot_be_read_are_found(tmp_path):
    done = make_kit(pictures.landscape(), ORDER, tmp_path, "a picture")
    plan = done.plan
    first, second, *others = plan.labels
    outline = next(line for line in plan.lines if not line.on_the_rim).points()
    x, y = outline[len(outline) // 2].tolist()
    spoilt = {
        "crossed": dataclasses.replace(first, x=x, y=y),
        "covered": dataclasses.replace(first, x=second.x, y=second.y),
        "tiny": dataclasses.replace(first, height=0.7),
    }
    for name, label in spoilt.items():
        changed = dataclasses.replace(plan, labels=[label, second, *others])
        save_pdf(changed, tmp_path / f"{name}.pdf", name, None)
        assert any(number.faults for number in read_page(tmp_path / f"{name}.pdf", -1)), name


def test_on_its_sheets_each_number_stands_whole_on_at_least_one(tmp_path):
    order = dataclasses.replace(ORDER, canvas=Canvas(150, 200), paper=Canvas(100, 120))
    done = make_kit(pictures.landscape(), order, tmp_path, "a picture")
    lying, sheets = tiles(done.plan, order.paper)
    assert done.figures["sheets"] == len(sheets) > 3
    for label in done.plan.labels:
        assert any(sheet.holds(label) for sheet in sheets)
    document = pypdfium2.PdfDocument(done.files["kit"])
    assert len(document) == 2 + len(sheets)
    for number, sheet in enumerate(sheets, 2):
        width, height = document[number].get_size()
        assert (width / MM, height / MM) == pytest.approx((lying.width, lying.height))
        numbers = [each for each in read_page(done.files["kit"], number) if each.bottom > 6]
        held = [label.text for label in done.plan.labels if sheet.holds(label)]
        assert sorted(each.text for each in numbers) == sorted(held)
        assert not any(each.faults for each in numbers)


def test_sheets_cover_the_plan_and_overlap():
    plan = solve(
        pictures.landscape(), Attention(np.ones((240, 360), np.float32), np.zeros((240, 360), bool),
                                        0), Canvas(500, 400), LEVELS["easy"], 6
    )  # fmt: skip
    _, sheets = tiles(plan, Canvas(210, 297))
    covered = np.zeros((round(plan.height), round(plan.width)), int)
    for sheet in sheets:
        top, left = round(sheet.top), round(sheet.left)
        covered[top : round(sheet.top + sheet.height), left : round(sheet.left + sheet.width)] += 1
    assert covered.min() == 1
    assert covered.max() >= 2


def test_the_painted_picture_has_the_pots_colours_and_comes_near(tmp_path):
    done = make_kit(pictures.landscape(), ORDER, tmp_path, "a picture")
    shown = {tuple(pixel) for pixel in painted(done.plan, 400)[::7, ::7].reshape(-1, 3).tolist()}
    known = {tuple(round(v * 255) for v in pot.colour) for pot in done.plan.pots}
    assert len(shown & known) >= len(known) - 1
    assert done.figures["psnr"] > 22
    assert done.figures["posterised_psnr"] > done.figures["psnr"]


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


def test_a_face_that_is_looked_at_has_smaller_regions_than_the_rest():
    picture = np.zeros((240, 240, 3), np.uint8)
    picture[np.arange(240) % 10 < 5] = (200, 190, 150)  # stripes of 3.3 mm
    picture[:, 110:130] = (90, 60, 200)
    looked_at = np.zeros((240, 240), bool)
    looked_at[:, :120] = True
    canvas, level = Canvas(160, 160), LEVELS["medium"]
    plan = solve(picture, Attention(np.ones((240, 240), np.float32), looked_at, 1), canvas, level,
                 12)  # fmt: skip
    rooms = [(label.target or (label.x, label.y), label.room) for label in plan.labels]
    fine = [room for (x, _), room in rooms if x < 75]
    plain = [room for (x, _), room in rooms if x > 85]
    assert min(fine) >= level.fine
    assert min(plain) >= level.width
    assert min(fine) < level.width
    assert len(fine) > len(plain)


def test_a_picture_of_one_colour_is_one_region(tmp_path):
    done = make_kit(np.full((60, 80, 3), 120, np.uint8), ORDER, tmp_path, "plain")
    assert [label.text for label in done.plan.labels] == ["1"]
    assert "would have served no region" in done.remark()


def test_a_tiny_picture_and_a_small_canvas_make_a_kit(tmp_path):
    order = dataclasses.replace(ORDER, canvas=Canvas(50, 50))
    done = make_kit(pictures.painting(width=17, height=16), order, tmp_path, "tiny")
    assert unreadable(done.files["kit"], done.plan.labels) == []


def test_pixels_of_a_large_canvas_are_bounded_and_it_says_how_narrow_regions_are():
    assert max(grid_of(3000, 2000, Canvas(2000, 1500), LEVELS["hard"])) == 1600


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
