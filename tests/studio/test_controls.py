"""Forms ask for what the command line knows, and no value of a browser becomes another option."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.brush.settings import BRUSHES
from impasto.errors import ImpastoError
from impasto.studio.actions import FORMS
from impasto.studio.controls import options_of
from tests.studio.conftest import VERBS

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


def no_file(which: str) -> str:
    if which != "a":
        raise ImpastoError("There is no such picture.")
    return "pictures/photographs/a.jpg"


def words(values, action="paint"):
    verb, allowed = FORMS[action]
    return options_of(VERBS[verb], allowed, values, no_file)


def test_a_forms_values_become_options():
    values = {"strokes": 300, "brush": "ink", "film": True, "svg": False, "even": 0.5, "mask": "a"}
    assert words(values | {"seed": None, "palette": ""}) == [
        *("--strokes=300", "--brush=ink", "--film", "--even=0.5"),
        "--mask=pictures/photographs/a.jpg",
    ]
    assert words({"mask": "auto"}) == ["--mask=auto"]
    knobs = ["model.size=128", "data.flip=false"]
    assert words({"settings": knobs}, "train") == [f"--set={each}" for each in knobs]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"strokes": 0}, "--strokes is a whole number from 1 to 200000, not 0."),
        ({"strokes": 1.5}, "whole number"),
        ({"strokes": True}, "whole number"),
        ({"strokes": "300"}, "whole number"),
        ({"even": float("nan")}, "--even is a number from 0 to 1"),
        ({"brush": "broom"}, "--brush: choose one of oil, dry"),
        ({"brush": ["oil"]}, "does not fit"),
        ({"film": 1}, "--film is on or off"),
        ({"palette": "/etc/passwd"}, "--palette"),
        ({"palette": "monet.jpg:12"}, "--palette"),
        ({"style": "../../secret.txt"}, "no such picture"),
        ({"out": "/tmp/elsewhere"}, "'out' is nothing that can be set"),
        ({"what": "x"}, "nothing that can be set"),
        ({"--out": "x"}, "nothing that can be set"),
    ],
)
def test_a_value_that_does_not_fit_is_told_by_its_option(values, said):
    with pytest.raises(ImpastoError) as refusal:
        words(values)
    assert said in str(refusal.value)


@given(st.sampled_from(sorted(FORMS)), st.dictionaries(st.text(max_size=12), ANYTHING, max_size=3),
       st.data())  # fmt: skip
def test_whatever_comes_each_word_is_one_known_option(action, values, data):
    verb, allowed = FORMS[action]
    name = data.draw(st.sampled_from(sorted(allowed)))
    try:
        found = words(values | {name: data.draw(ANYTHING)}, action)
    except ImpastoError as error:
        assert "\n" not in str(error)
        return
    flags = {VERBS[verb][each].flag for each in allowed}
    for word in found:
        flag, _, value = word.partition("=")
        assert flag in flags
        assert "\n" not in value
        assert "\0" not in value


def test_each_option_is_described_where_its_verb_declares_it():
    paint = VERBS["paint"]
    assert set(paint["brush"].choices) == set(BRUSHES)
    assert (paint["strokes"].minimum, paint["strokes"].default) == (1, 1500)
    assert paint["seconds"].flag == "--time"
    assert paint["film"].kind == "flag"
    assert paint["mask"].kind == "file"
    assert VERBS["train"]["settings"].several
    for verb, allowed in FORMS.values():
        assert allowed <= set(VERBS[verb]), f"{verb} has no {allowed - set(VERBS[verb])}"
        assert all(VERBS[verb][name].help for name in allowed)
    assert json.dumps([each.view() for each in paint.values()])
