"""Paints from files."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from impasto.core.colour import to_oklab
from impasto.errors import ImpastoError
from impasto.paints.files import known_sets, load_paints

TWO = """
paints:
  - {name: White, white: '#f6f6f6', black: '#c7c7c7'}
  - {name: Blue, white: '#0038b7', black: '#19173c'}
"""


def written(folder, text):
    file = folder / "paints.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", known_sets())
def test_each_set_that_comes_along_loads_and_names_its_source(name):
    paints = load_paints(name)
    assert "Berns" in paints.source
    assert paints.names[0] == "Titanium white"
    white = paints.colours(np.eye(len(paints.names))[:1])[0]
    assert to_oklab(white)[0] > 0.93


def test_a_file_of_swatches_is_read(tmp_path):
    paints = load_paints(written(tmp_path, TWO))
    assert paints.names == ("White", "Blue")
    tint = paints.colours(np.array([[4, 1]]))[0]
    assert tint[2] > tint[0]


def test_a_paint_without_a_swatch_over_black_covers(tmp_path):
    paints = load_paints(written(tmp_path, "paints: [{name: Ochre, white: '#c09040'}]"))
    found = paints.colours(np.array([[1]]))[0]
    assert np.abs(found - np.array([0xC0, 0x90, 0x40]) / 255).max() < 0.03


def test_swatches_are_read_from_a_photograph_and_its_light_is_undone(tmp_path):
    colours = {"white": (246, 246, 246), "black": (48, 48, 48),
               "a": (0, 56, 183), "b": (25, 23, 60)}  # fmt: skip
    card = np.zeros((40, 160, 3), float)
    for at, colour in enumerate(colours.values()):
        card[:, 40 * at : 40 * at + 40] = colour
    linear = (card / 255) ** 2.2 * (0.8, 0.6, 0.45) + 0.02  # warm, dim, a little veiled
    Image.fromarray((linear ** (1 / 2.2) * 255).astype(np.uint8)).save(tmp_path / "card.png")
    file = written(
        tmp_path,
        "photo: card.png\nwhite_card: [5, 5, 30, 30]\nblack_card: [45, 5, 30, 30]\n"
        "paints: [{name: Blue, white: [85, 5, 30, 30], black: [125, 5, 30, 30]}]",
    )
    by_colour = "paints: [{name: Blue, white: '#0038b7', black: '#19173c'}]"
    found = load_paints(file).colours(np.array([[1]]))[0]
    known = load_paints(written(tmp_path, by_colour)).colours(np.array([[1]]))[0]
    assert np.abs(found - known).max() < 0.06


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no `paints:`"),
        ("[1, 2]", "no `paints:`"),
        ("paints: 3", "paints: "),
        ("paints: []", "paints: list should have at least 1 item, not 0."),
        ("paints: [{name: A, white: blue}]", "paints.0.white: input should be a colour, such as"),
        ("paints: [{name: A, white: [1, 2, 3]}]", "[left, top, width, height]"),
        ("paints: [{name: A, white: [1, 2, 3, -4]}]", "[left, top, width, height]"),
        ("photo: gone.jpg\npaints: [{name: A}]", "gone.jpg; check photo: in this file."),
        ("paints: [{name: A, white: '#123456', colour: 1}]", "there is no paints.0.colour"),
        ("paints: [{name: A, white: '#123456'}, {name: A, white: '#123456'}]", "called A"),
        ("paints: [{name: A, white: [0, 0, 5, 5]}]", "needs photo"),
        ("paints: [{name: A, white: '#123456', strength: -1}]", "strength"),
        ("photo: none.png\npaints: [{name: A, white: [0, 0, 5, 5]}]", "none.png"),
        ("paints: {", "YAML"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(tmp_path, text, words):
    with pytest.raises(ImpastoError) as caught:
        load_paints(written(tmp_path, text))
    assert words in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_paints_names_those_there_are():
    with pytest.raises(ImpastoError, match="acrylics, primaries, warm-and-cool"):
        load_paints("watercolours")


def test_a_swatch_outside_the_photograph_is_one_sentence(tmp_path):
    Image.new("RGB", (50, 40)).save(tmp_path / "card.png")
    file = written(tmp_path, "photo: card.png\npaints: [{name: A, white: [30, 30, 30, 30]}]")
    with pytest.raises(ImpastoError, match=r"50×40 pixels; \[30, 30, 30, 30\] lies outside"):
        load_paints(file)


@given(st.text(max_size=200))
@settings(max_examples=80, deadline=None)
def test_whatever_a_file_holds_it_is_paints_or_one_sentence(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("any") / "paints.yaml"
    file.write_text(f"paints:\n  - {text}", encoding="utf-8", errors="ignore")
    try:
        load_paints(file)
    except ImpastoError as error:
        assert "\n" not in str(error)


SHOWN = ["#c09040", "#203080", "#a02020", "#207040", "#101010"]


def on_a_card(
    folder, colours, *, turn: float = 0.0, card=(235, 228, 215), light: float = 0.0, text=True
) -> Path:
    """A photograph of a card with swatches, three in a row, with names below in pencil."""
    picture = Image.new("RGB", (640, 480), card)
    pen = ImageDraw.Draw(picture)
    for at, colour in enumerate(colours):
        left, top = 70 + at % 3 * 180, 60 + at // 3 * 190
        pen.rounded_rectangle((left, top, left + 130, top + 110), 12, fill=colour)
        if text:
            pen.text((left + 10, top + 120), "a name", fill="#777777", font_size=22)
    picture = picture.rotate(turn, Image.Resampling.BICUBIC, fillcolor=card)
    shade = 1 - light * np.linspace(0, 1, 640)[None, :, None]
    noise = np.random.default_rng(1).normal(0, 2, (480, 640, 3))
    whole = (np.asarray(picture, float) / 255) ** 2.2 * shade
    pixels = np.clip(255 * whole ** (1 / 2.2) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "card.png")
    return folder / "card.png"


def named(count: int, *more: str) -> str:
    names = ", ".join(f"{{name: P{number}}}" for number in range(count))
    return f"photo: card.png\nwhite_card: '#ebe4d7'\npaints: [{', '.join([names, *more])}]"


@pytest.mark.parametrize(("turn", "light"), [(0, 0), (2, 0.0), (-2, 0.35)])
def test_swatches_in_a_grid_are_found_on_a_plain_card(tmp_path, turn, light):
    on_a_card(tmp_path, SHOWN, turn=turn, light=light)
    paints = load_paints(written(tmp_path, named(5)))
    for number, colour in enumerate(SHOWN):
        known = load_paints(written(tmp_path, f"paints: [{{name: A, white: '{colour}'}}]"))
        found = paints.colours(np.eye(5, dtype=int)[number][None])[0]
        assert np.abs(found - known.colours(np.array([[1]]))[0]).max() < 0.05


def test_a_white_paint_on_a_white_card_is_given_as_a_colour(tmp_path):
    on_a_card(tmp_path, SHOWN)
    paints = load_paints(written(tmp_path, named(5, "{name: White, white: '#f6f6f6'}")))
    assert list(paints.names) == ["P0", "P1", "P2", "P3", "P4", "White"]


def test_swatches_that_are_not_certain_are_refused_in_a_sentence(tmp_path):
    def said(count: int = 5) -> str:
        with pytest.raises(ImpastoError) as told:
            load_paints(written(tmp_path, named(count)))
        assert "card.png" in str(told.value)
        assert "white: [left, top, width, height]" in str(told.value)
        return str(told.value)

    on_a_card(tmp_path, SHOWN)
    assert "5 swatches" in said(6) and "6 paints" in said(6)
    on_a_card(tmp_path, SHOWN, turn=18, text=False)
    assert "do not form a grid" in said()
    table = Image.effect_noise((640, 480), 120).convert("RGB")
    table.paste(Image.open(on_a_card(tmp_path, SHOWN)).resize((400, 300)), (100, 90))
    table.save(tmp_path / "card.png")
    assert "not plain" in said()
    Image.new("RGB", (640, 480), "white").save(tmp_path / "card.png")
    assert "0 swatches" in said()


def test_places_are_given_of_all_swatches_or_of_none(tmp_path):
    on_a_card(tmp_path, SHOWN)
    with pytest.raises(ImpastoError, match="places of all"):
        load_paints(written(tmp_path, named(2, "{name: C, white: [70, 60, 99, 99]}")))
    with pytest.raises(ImpastoError, match="A needs white"):
        load_paints(written(tmp_path, "paints: [{name: A}]"))


COLOUR = "paints: [{name: A, white: '#c09040'}]"
PLACE = "paints: [{name: A, white: [0, 0, 9, 9]}]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"black_card: [0, 0, 9, 9]\n{COLOUR}", "needs photo"),
        (f"photo: card.png\nblack_card: [0, 0, 9, 9]\n{PLACE}", "white_card must be one"),
        (f"photo: card.png\n{COLOUR}", "no swatch is taken from photo"),
    ],
)
def test_what_would_be_ignored_is_refused(tmp_path, text, words):
    Image.new("RGB", (50, 40)).save(tmp_path / "card.png")
    with pytest.raises(ImpastoError, match=words):
        load_paints(written(tmp_path, text))


def test_a_folder_does_not_hide_the_set_of_its_name(tmp_path, monkeypatch):
    (tmp_path / "acrylics").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "Berns" in load_paints("acrylics").source
