"""strokes.json: what is written comes back; what a stranger sends is refused in one sentence."""

import copy
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import ImpastoError
from impasto.paint import document
from impasto.paint.document import Painting, Strokes, load_painting, rounded, save_painting


def painting(count: int = 5, seed: int = 0) -> Painting:
    chance = np.random.default_rng(seed)
    squares = chance.uniform([-0.2, -0.2, 0.05], [0.9, 0.6, 0.4], (count, 3))
    return Painting(
        width=96,
        height=64,
        brush="dry",
        seed=3,
        ground=(1.0, 0.2, 0.0),
        texture="linen",
        strokes=Strokes(
            squares.astype(np.float32),
            chance.random((count, 9), np.float32),
            chance.random((count, 3), np.float32),
        ),
    )


@pytest.fixture
def page(tmp_path):
    save_painting(painting(), tmp_path / "strokes.json")
    return json.loads((tmp_path / "strokes.json").read_text())


def refusal(value: object, folder) -> str:
    file = folder / "stranger.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    with pytest.raises(ImpastoError) as caught:
        load_painting(file)
    said = str(caught.value)
    assert str(file) in said
    assert "\n" not in said
    return said


@given(st.integers(0, 40), st.integers(0, 2**31 - 1))
@settings(max_examples=25, deadline=None)
def test_what_is_saved_comes_back_to_the_bit(tmp_path_factory, count, seed):
    file = tmp_path_factory.mktemp("p") / "strokes.json"
    made = painting(count, seed)
    save_painting(made, file)
    back = load_painting(file)
    expected = rounded(made.strokes)
    assert np.array_equal(back.strokes.squares, expected.squares)
    assert np.array_equal(back.strokes.geometry, expected.geometry)
    assert np.array_equal(back.strokes.colours, expected.colours)
    assert (back.width, back.height, back.brush, back.seed) == (96, 64, "dry", 3)
    assert (back.ground, back.texture) == (made.ground, "linen")


def test_saving_again_writes_the_same_file(tmp_path):
    save_painting(painting(), tmp_path / "a.json")
    save_painting(load_painting(tmp_path / "a.json"), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()


def test_not_a_number_is_refused(tmp_path, page):
    page["strokes"][2][5] = float("nan")
    assert "stroke 3: control_x is nan, not between 0 and 1" in refusal(page, tmp_path)
    page["strokes"][2][5] = float("inf")
    assert "stroke 3: control_x is inf" in refusal(page, tmp_path)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (2, -0.1, "stroke 1: side is -0.1"),
        (2, 1e9, "stroke 1: side is 1e+09"),
        (0, 50, "stroke 1: x is 50"),
        (2, 1.5, "stroke 1: side is 1.5"),
        (4, 1.5, "stroke 1: size is 1.5, not between 0 and 1"),
        (12, 256, "stroke 1: red is 256"),
        (14, -1, "stroke 1: blue is -1"),
        (3, "high", "stroke 1: pressure is 'high'"),
    ],
)
def test_numbers_out_of_bounds_are_named(tmp_path, page, column, value, words):
    page["strokes"][0][column] = value
    assert words in refusal(page, tmp_path)


def test_a_billion_strokes_are_refused_unread(tmp_path, page, monkeypatch):
    monkeypatch.setattr(document, "MOST_STROKES", 4)
    assert "5 strokes; at most 4 are read" in refusal(page, tmp_path)
    monkeypatch.setattr(document, "MOST_BYTES", 100)
    assert "too large" in refusal(page, tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 3}, "version"),
        ({"format": "svg"}, "format"),
        ({"width": 0}, "width"),
        ({"height": -4}, "height"),
        ({"width": 10**9}, "width"),
        ({"width": 6500}, "64 times"),
        ({"brush": "../../etc/passwd"}, "brush"),
        ({"texture": "velvet"}, "texture"),
        ({"ground": [0, 0]}, "ground"),
        ({"numbers": ["x"]}, "numbers must be x, y, side"),
        ({"strokes": [[1, 2, 3]]}, "stroke 1"),
        ({"strokes": {"0": 1}}, "strokes"),
        ({"script": "alert(1)"}, "script"),
    ],
)
def test_a_wrong_head_is_named(tmp_path, page, change, words):
    assert words in refusal(page | change, tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "null", "12", "{", "[" * 100_000, '{"format": 1e999}'])
def test_anything_else_is_one_sentence(tmp_path, text):
    refusal(text, tmp_path)


def test_every_missing_field_is_named(tmp_path, page):
    for name in page:
        less = copy.copy(page)
        del less[name]
        assert re.search(rf"{name}: field required", refusal(less, tmp_path))
