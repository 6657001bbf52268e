"""Knobs: checked, documented, and refused in one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto import recipes
from impasto.config import Config, change, parse_config, refuse_unheeded
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


@pytest.mark.parametrize(
    ("recipe", "knob", "value", "only"),
    [
        ("dcgan-tutorial-64", "model.noise", True, "only in impasto;"),
        ("projected-64", "model.edges", "replicate", "only in impasto;"),
        ("r3gan-64", "model.flat_field", True, "only in impasto;"),
        ("fastgan-256", "model.dinov2_every", 3, "only in impasto;"),
        ("fastgan-256", "model.things_every", 3, "only in impasto;"),
        ("chinese-64", "model.features_stages", [1], "only in impasto;"),
        ("chinese-64", "model.features_size", 64, "only in projected or impasto;"),
        ("impasto-64", "model.as_published", True, "only in paint-by-numbers or fastgan or"),
        ("impasto-64", "model.normalisation", "none", "only in dcgan or art-gan;"),
    ],
)
def test_a_knob_that_the_architecture_ignores_is_refused_where_it_is_asked_for(
    recipe, knob, value, only
):
    changed = change(recipes.load(recipe), {knob: value})
    with pytest.raises(ImpastoError, match=only) as caught:
        refuse_unheeded(changed, {knob: value})
    assert changed.model.architecture in str(caught.value)
    assert "no effect" in str(caught.value)


def test_a_knob_that_is_heeded_or_switched_off_is_not_refused(config):
    off = {"model.noise": False, "model.dinov2_every": 0, "model.features_stages": [1, 2, 3]}
    refuse_unheeded(change(config, off), off)
    on = {"model.noise": True, "model.dinov2_every": 2, "optimiser.g_lr": 1e-4}
    refuse_unheeded(change(recipes.load("impasto-64"), on), on)


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_heeds_what_it_says(name):
    config = recipes.load(name)
    said = {f"model.{knob}": value for knob, value in config.model.model_dump().items()}
    refuse_unheeded(config, said)


def test_a_run_whose_architecture_was_changed_still_opens():
    """It holds knobs of the recipe that it was changed from, and they have no effect."""
    changed = change(recipes.load("impasto-64"), {"model.architecture": "dcgan"})
    assert changed.model.noise
    assert parse_config(changed.model_dump(), "recipe.yaml") == changed


def test_the_relativistic_game_needs_as_many_samples_as_originals(config):
    relativistic = {"loss.game": "relativistic", "training.batch": 8}
    assert change(config, relativistic | {"training.generator_batch": 8})
    assert change(config, relativistic | {"training.new_latents": True})
    with pytest.raises(ImpastoError, match=r"relativistic game .* training\.generator_batch"):
        change(config, relativistic | {"training.generator_batch": 16})


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
