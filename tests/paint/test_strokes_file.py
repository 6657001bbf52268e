"""strokes.json: what a stranger sends is refused in one sentence."""

import copy
import json
import re

import pytest

from impasto.errors import ImpastoError
from impasto.paint import document, strokes_file
from impasto.paint.document import load_painting, save_painting
from tests.paint.test_document import painting


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
    monkeypatch.setattr(strokes_file, "MOST_STROKES", 4)
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


@pytest.fixture
def planned(page):
    """A file that says how it is painted by hand: three strokes, a layer each."""
    layers = [
        {"name": "a", "paint": 0, "strokes": [at], "step": at + 1, "brush": 5} for at in range(3)
    ]
    return page | {
        "version": 2,
        "millimetres": {"canvas": [300, 200], "painting": [0, 0, 300, 200]},
        "paints": [{"name": "white", "colour": [255, 255, 255]}],
        "layers": layers,
    }


@pytest.mark.parametrize(
    ("canvas", "place", "words"),
    [
        ([0, 0], [0, 0, 0, 0], "canvas"),
        ([300, 1e-300], [0, 0, 300, 1e-300], "canvas"),
        ([300, 200], [0, 0, 300, 0], "painting"),
        ([300, 200], [0, 0, 90_000, 200], "does not lie on the canvas"),
        ([300, 200], [0, 150, 300, 60], "does not lie on the canvas"),
    ],
)
def test_a_canvas_that_cannot_be_is_refused(tmp_path, planned, canvas, place, words):
    page = planned | {"millimetres": {"canvas": canvas, "painting": place}}
    assert words in refusal(page, tmp_path)


def test_what_rounding_does_to_a_place_is_no_fault(tmp_path, planned):
    planned["millimetres"] = {"canvas": [300, 200], "painting": [0.001, 0, 300, 200.001]}
    file = tmp_path / "strokes.json"
    file.write_text(json.dumps(planned))
    assert load_painting(file).real.place == (0.001, 0, 300, 200.001)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"step": 100_000}, "step"),
        ({"strokes": []}, "strokes"),
        ({"brush": 1e-300}, "brush"),
        ({"step": 1}, "layer 3: step 1 comes after step 2"),
    ],
)
def test_a_layer_that_no_hand_lays_is_refused(tmp_path, planned, change, words):
    planned["layers"][2] |= change
    assert words in refusal(planned, tmp_path)


def test_more_layers_than_anybody_plans_are_refused(tmp_path, planned):
    planned["layers"] *= 4_000
    assert "layers" in refusal(planned, tmp_path)
