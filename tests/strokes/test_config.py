"""Recipes of stroke networks."""

import pytest

from impasto.errors import ImpastoError
from impasto.strokes import config as recipes


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_is_read_back_as_it_was_written(name, tmp_path):
    config = recipes.load(name)
    (tmp_path / "copy.yaml").write_text(recipes.dump(config))
    assert recipes.load(str(tmp_path / "copy.yaml")) == config


def test_a_recipe_without_that_stage_says_which_it_has():
    with pytest.raises(ImpastoError, match="has only generator"):
        recipes.load("strokes").stage("adversarial")


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("generator.adam.lr", -1, "generator.adam.lr"),
        ("generator.rate", 1, "there is no generator.rate; known here: "),
        ("images", 1, "there is no images; known here: "),
        ("name.what", 1, "no such knob"),
        ("generator", None, "at least one stage"),
    ],
)
def test_a_wrong_knob_is_named(knob, value, said):
    with pytest.raises(ImpastoError, match=said):
        recipes.load("strokes", {knob: value})


def test_only_the_network_that_can_draws_at_half_size():
    with pytest.raises(ImpastoError, match=r"half_size is for the network `strokes` only"):
        recipes.load("neural-painter", {"generator.half_size": True})


def test_a_file_that_is_no_recipe_is_named(tmp_path):
    path = tmp_path / "mine.yaml"
    with pytest.raises(ImpastoError, match=r"mine\.yaml is missing"):
        recipes.load(str(path))
    path.write_text("]")
    with pytest.raises(ImpastoError, match="not valid YAML"):
        recipes.load(str(path))
    with pytest.raises(ImpastoError, match="no stroke recipe 'dcgan'"):
        recipes.load("dcgan")
