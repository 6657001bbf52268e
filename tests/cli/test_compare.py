"""What `impasto compare` makes of its options."""

import pytest

from impasto.cli.compare import CompareOptions
from impasto.errors import ImpastoError


def test_names_are_separated_by_commas():
    asked = CompareOptions("colourfield", " impasto-64, dcgan-tutorial-64 ,")
    assert asked.names() == ("impasto-64", "dcgan-tutorial-64")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (CompareOptions("a", " , "), "--recipes"),
        (CompareOptions("a", "impasto-64,nothing"), "nothing"),
        (CompareOptions("a", "impasto-64", minutes=1, images=8), "--minutes and --images"),
        (CompareOptions("a", "impasto-64", settings=["loss.nothing=1"]), "loss.nothing"),
    ],
)
def test_a_mistake_names_its_option(options, word):
    with pytest.raises(ImpastoError, match=word):
        options.names()


@pytest.mark.parametrize(
    ("options", "length"),
    [
        (CompareOptions("a", "b"), ()),
        (CompareOptions("a", "b", minutes=2.5), ("--minutes", "2.5")),
        (CompareOptions("a", "b", images=640), ("--images", "640")),
    ],
)
def test_a_budget_is_handed_on_to_each_training(options, length):
    assert options.length() == length
