"""The sheets as another program reads them."""

from dataclasses import replace

import numpy as np
import pypdfium2
import pytest
from pypdfium2.raw import FPDFText_GetFontSize, FPDFText_GetUnicode

from impasto.paint.canvas import draw_painting
from impasto.paint.document import Coat, Strokes
from impasto.paint.hand.sheets import _Plan, save_sheets
from impasto.paint.hand.steps import steps_of
from tests.paint.hand.test_layers import hand_made

__all__ = ["hand_made"]


@pytest.fixture(scope="module")
def pages(hand_made, tmp_path_factory):
    file = tmp_path_factory.mktemp("sheets") / "steps.pdf"
    _, made, _, _ = hand_made
    save_sheets(made, file, "A house", (210.0, 297.0))
    document = pypdfium2.PdfDocument(file)
    found = [
        (page.get_textpage().get_text_range(), page.render(scale=1).to_numpy(), page.get_size())
        for page in document
    ]
    document.close()
    return found


def test_there_is_a_page_for_each_step_after_the_paints_and_the_grid(pages, hand_made):
    steps = steps_of(hand_made[1])
    titles = [text.splitlines()[0] for text, _, _ in pages]
    assert titles[0] == "A house"
    assert "Canvas 30 × 20 cm" in pages[0][0]
    assert titles[1].strip() == "Grid for transfer"
    own = [title for title in titles[2:] if "part" not in title]
    assert [title.strip() for title in own] == [step.words(len(steps)) for step in steps]
    # The canvas lies, so its pages do.
    assert all(size == pytest.approx((841.89, 595.28), abs=0.5) for _, _, size in pages)


def test_every_stroke_of_a_step_has_its_paints_number(pages, hand_made):
    steps = steps_of(hand_made[1])
    by_title = {text.splitlines()[0].strip(): text for text, _, _ in pages}
    for step in steps:
        words = by_title[step.words(len(steps))].split()
        for coat in step.coats:
            # Once in the list of colours, and on every stroke.
            assert words.count(str(coat.paint + 1)) >= len(coat.strokes)


def test_what_is_added_is_drawn_in_its_colour(pages, hand_made):
    made = hand_made[1]
    first = steps_of(made)[0]
    _, picture, _ = pages[2]
    for coat in first.coats:
        colour = np.array(made.real.paints[coat.paint].colour)[::-1] * 255  # blue comes first
        assert (np.abs(picture[..., :3] - colour).max(2) < 3).sum() > 50


@pytest.mark.parametrize("paper", [(210.0, 297.0), (148.0, 210.0)])
def test_long_recipes_flow_and_are_never_small(hand_made, tmp_path, paper):
    made = hand_made[1]
    long = " + ".join(f"{parts} Quinacridone magenta (blue shade) {parts}" for parts in range(1, 9))
    paints = tuple(
        replace(paint, name=f"{long} = {at}") for at, paint in enumerate(made.real.paints)
    )
    many = replace(made, real=replace(made.real, paints=paints))
    save_sheets(many, tmp_path / "steps.pdf", "A house", paper)
    document = pypdfium2.PdfDocument(tmp_path / "steps.pdf")
    words, sizes = "", []
    for page in document:
        text = page.get_textpage()
        words += text.get_text_range() + "\n"
        letters = range(text.count_chars())  # a stroke's number is no recipe
        sizes += [
            FPDFText_GetFontSize(text, at)
            for at in letters
            if chr(FPDFText_GetUnicode(text, at)).isalpha()
        ]
    document.close()
    plain = " ".join(words.split())
    for coat in made.real.coats:
        assert f"shade) 8 = {coat.paint}" in plain
    assert min(sizes) >= 8


def text_of(painting, file) -> str:
    save_sheets(painting, file, "A house", (210.0, 297.0))
    document = pypdfium2.PdfDocument(file)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return text


def test_many_small_amounts_add_up(hand_made, tmp_path):
    """A paint of which each step needs a drop."""
    made = hand_made[1]
    real, count = made.real, 10
    geometry = np.tile(np.float32([1, 0.3, 0.5, 0.5, 0.5, 0.6, 0.5, 0.4, 1]), (count, 1))
    squares = np.tile(np.float32([0.4, 0.3, 0.2]), (count, 1))
    strokes = Strokes(squares, geometry, made.strokes.colours[:count])
    coats = tuple(Coat(str(at), 0, (at,), at + 1, 20.0) for at in range(count))
    paints = real.paints[:1]
    made = replace(made, strokes=strokes, real=replace(real, paints=paints, coats=coats))
    each = [step.millilitres[0] for step in steps_of(made)]
    assert max(each) < 0.05
    text = text_of(made, tmp_path / "steps.pdf")
    assert f"{sum(each):.1f} ml: {paints[0].name}" in text
    assert f"1 stroke, a drop: {paints[0].name}" in text


def test_each_look_is_the_painting_up_to_there(hand_made):
    made = hand_made[1]
    plan, done = _Plan(made), 0
    looks = list(plan.looks())
    assert len(looks) == len(plan.steps) + 1
    for step, look in zip(plan.steps, looks[1:], strict=True):
        done += len(step.strokes)
        some = replace(made, strokes=made.strokes[:done])
        assert np.array_equal(look, plan._on_canvas(draw_painting(some, plan.longer)))
    assert np.array_equal(looks[-1], plan.finished())


def test_a_bare_canvas_has_sheets(hand_made, tmp_path):
    made = hand_made[1]
    none = replace(made, strokes=Strokes.none(), real=replace(made.real, coats=()))
    assert "0 strokes in 0 steps" in text_of(none, tmp_path / "steps.pdf")


def test_a_name_that_is_no_text_is_spelt(hand_made, tmp_path):
    file = tmp_path / "steps.pdf"
    save_sheets(hand_made[1], file, "caf\udce9 北斎", (210.0, 297.0))
    with pypdfium2.PdfDocument(file) as document:
        assert document.get_metadata_value("Title") == "caf\\xe9 北斎"
        assert document[0].get_textpage().get_text_range().startswith("caf\\xe9 ??")
