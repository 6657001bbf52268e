"""The sheets as another program reads them."""

from dataclasses import replace

import numpy as np
import pypdfium2
import pytest
from pypdfium2.raw import FPDFText_GetFontSize, FPDFText_GetUnicode

from impasto.paint.hand.sheets import save_sheets
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
