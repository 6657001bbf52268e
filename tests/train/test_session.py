"""How long a training is."""

import pytest

from impasto import recipes
from impasto.config import change
from impasto.train.session import length_of


@pytest.mark.parametrize(
    ("changes", "images", "seconds"),
    [
        ({"training.minutes": 2}, None, 120),
        ({"training.images": 640}, 640, None),
        ({"training.epochs": 1.5}, 15, None),
        ({"training.epochs": 0.01}, 1, None),
    ],
)
def test_a_length_is_images_or_seconds(changes, images, seconds):
    length = length_of(change(recipes.load("dcgan-tutorial-64"), changes), 10)
    assert (length.images, length.seconds) == (images, seconds)


def test_an_epoch_of_a_set_that_is_shown_in_six_positions_is_six_times_as_long():
    config = change(recipes.load("dcgan-tutorial-64"), {"training.epochs": 1, "data.sixfold": True})
    assert length_of(config, 10).images == 60
