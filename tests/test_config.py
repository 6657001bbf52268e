"""Knobs: checked, documented, and refused in one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto import recipes
from impasto.config import Config, change, parse_config
from impasto.errors import ImpastoError


@pytest.fixture
def config() -> Config:
    return recipes.load("dcgan-tutorial-64")


def test_a_knob_is_changed_and_the_rest_stays(config):
    changed = change(config, {"optimiser.g_lr": "1e-4"})
    assert changed.optimiser.g_lr == 1e-4
    assert changed.optimiser.d_lr == config.optimiser.d_lr
    assert changed.model == config.model


def test_a_knob_may_be_given_under_its_former_name():
    base = recipes.load("impasto-64")
    assert change(base, {"model.things_every": 5}).model.dinov2_every == 5
    values = base.model_dump()
    values["model"]["things_every"] = values["model"].pop("dinov2_every")
    assert parse_config(values, "file.yaml") == base
    with pytest.raises(ImpastoError, match=r"no model\.things_every"):
        parse_config(base.model_dump() | {"model": {"things_every": 1, "dinov2_every": 1}}, "x")


def test_a_configuration_is_frozen(config):
    with pytest.raises(ValueError, match="frozen"):
        config.name = "other"


@pytest.mark.parametrize(
    ("knob", "value", "sentence"),
    [
        ("optimiser.glr", 1, "no knob 'optimiser.glr'"),
        ("optimiser", 1, "no knob 'optimiser'"),
        ("a.b.c", 1, "no knob 'a.b.c'"),
        ("model.size", 65, "power of two"),
        ("model.size", 16, "model.size"),
        ("model.labels", 3, "dcgan learns no labels"),
        ("model.labels", -1, "model.labels"),
        ("optimiser.g_lr", -1, "optimiser.g_lr"),
        ("optimiser.g_lr", "nan", "optimiser.g_lr"),
        ("optimiser.g_lr", "fast", "optimiser.g_lr"),
        ("training.batch", 1, "training.batch"),
        ("loss.game", "chess", "loss.game"),
        ("training.epochs", 1e308, "training.epochs"),
        ("augment.policy", "colour", "augment.policy: input should be a list, such as"),
        ("training.images", 10**30, "training.images"),
        ("training.minutes", 1e308, "training.minutes"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_knob(config, knob, value, sentence):
    with pytest.raises(ImpastoError) as caught:
        change(config, {knob: value})
    text = str(caught.value)
    assert sentence in text
    assert "\n" not in text
    assert text.endswith(".")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_whatever_a_file_holds_it_is_a_configuration_or_one_sentence(value):
    with pytest.raises(ImpastoError) as caught:
        parse_config(value, "file.yaml")
    assert str(caught.value).startswith("file.yaml: ")
