"""Folders of recipes."""

import pytest

from impasto.errors import ImpastoError
from impasto.recipes.shelf import LARGEST_RECIPE, Shelf


@pytest.fixture
def shelf(tmp_path):
    for name in ("b", "usual", "a"):
        (tmp_path / f"{name}.yaml").write_text(f"# {name}\nname: {name}\n")
    (tmp_path / "notes.txt").write_text("no recipe")
    return Shelf(tmp_path, "usual")


def test_the_default_is_named_first_and_nothing_but_recipes(shelf):
    assert shelf.names() == ["usual", "a", "b"]


def test_a_recipe_is_read_by_its_name_or_as_a_file(shelf, tmp_path):
    assert shelf.values("b") == {"name": "b"}
    assert shelf.values(str(tmp_path / "a.yaml")) == {"name": "a"}
    assert shelf.text("a").startswith("# a")


def test_an_unknown_name_tells_the_known_ones(shelf):
    with pytest.raises(ImpastoError, match="usual, a, b"):
        shelf.values("c")


def test_a_file_that_is_too_large_is_refused(shelf, tmp_path):
    path = tmp_path / "large.yaml"
    path.write_text("#" * (LARGEST_RECIPE + 1))
    with pytest.raises(ImpastoError, match=r"large\.yaml"):
        shelf.values(str(path))
