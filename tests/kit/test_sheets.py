"""The printed plan."""

import dataclasses

import numpy as np
import pypdfium2
import pytest

from impasto.kit.canvas import LEVELS, Canvas
from impasto.kit.making import make_kit
from impasto.kit.plan import solve
from impasto.kit.sheets import save_pdf, tiles
from impasto.metrics.attention import Attention
from impasto.paints.files import load_paints
from tests.kit import pictures
from tests.kit.reader import MM, read_page
from tests.kit.test_making import ORDER


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


def test_glue_marks_stand_only_where_a_neighbour_shares_the_plan(tmp_path):
    order = dataclasses.replace(ORDER, canvas=Canvas(150, 200), paper=Canvas(100, 120))
    done = make_kit(pictures.landscape(), order, tmp_path, "a picture")
    lying, sheets = tiles(done.plan, order.paper)
    document = pypdfium2.PdfDocument(done.files["kit"])
    for number, sheet in enumerate(sheets, 2):
        picture = np.asarray(document[number].render(scale=10 / MM).to_pil().convert("L"))
        top = (lying.height - sheet.height) / 2
        above = picture[round(10 * (top - 3.5)) : round(10 * (top - 1.5))].min(0)
        dark = np.flatnonzero(above < 220)
        marks = 1 + int((np.diff(dark) > 5).sum())
        before, after = sheet.left > 0, sheet.left + sheet.width < done.plan.width - 0.01
        assert marks == 2 + before + after, sheet.name


def test_long_recipes_stay_large_and_on_the_page(tmp_path):
    known = load_paints("primaries")
    names = tuple(
        f"{name}, artists' quality, series 2, a tube of 75 ml"[:60] for name in known.names
    )
    order = dataclasses.replace(ORDER, paints=dataclasses.replace(known, names=names))
    done = make_kit(pictures.landscape(), order, tmp_path, "long")
    document = pypdfium2.PdfDocument(done.files["kit"])
    across, _ = document[0].get_size()
    text = document[0].get_textpage()
    boxes = [text.get_charbox(at) for at in range(text.count_chars())]
    assert max(box[2] for box in boxes) <= across - 9 * MM
    assert text.get_text_range().count("(dE") == len(done.plan.pots)
    document.close()
