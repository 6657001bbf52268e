"""The length of a training."""

import pytest

from impasto import recipes
from impasto.config import change, parse_config
from impasto.errors import ImpastoError


@pytest.fixture
def config():
    return recipes.load("dcgan-tutorial-64")


def test_a_new_length_replaces_the_old_one(config):
    changed = change(config, {"training.minutes": 3})
    assert (changed.training.minutes, changed.training.epochs) == (3, None)


def test_two_lengths_are_refused(config):
    values = config.model_dump() | {"training": {"epochs": 3, "minutes": 4}}
    with pytest.raises(ImpastoError, match="epochs, images, minutes"):
        parse_config(values, "file.yaml")
