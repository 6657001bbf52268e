"""Sizes as people write them: read, written again, or refused in one sentence."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto import recipes
from impasto.config import Model, change
from impasto.errors import ImpastoError
from impasto.sizes import LARGEST_SIDE, LEAST_SIDE, check_paintable, read_sides, write_sides

IMPASTO = recipes.load("impasto-64")
WRITTEN = st.from_regex(r"\d{1,4}\s?[xX×]\s?\d{1,4}", fullmatch=True)
SIDES = st.tuples(*[st.integers(LEAST_SIDE, LARGEST_SIDE)] * 2)


def can_be_doubled_up_to(width: int, height: int) -> bool:
    """By trying every beginning, since the code computes it."""
    return any(
        unit * begin == min(width, height) and max(width, height) % unit == 0
        for unit in (2**n for n in range(11))
        for begin in (4, 5, 6, 7)
    )


@pytest.mark.parametrize(
    ("given", "kept", "width", "height"),
    [
        (64, 64, 64, 64),
        ("128", 128, 128, 128),
        ("192x128", "192x128", 192, 128),
        (" 128 × 192 ", "128x192", 128, 192),
        ("64X64", 64, 64, 64),
        ("80x64", "80x64", 80, 64),
        (96, 96, 96, 96),
    ],
)
def test_a_size_is_kept_in_one_way_of_writing(given, kept, width, height):
    model = change(IMPASTO, {"model.size": given}).model
    assert (model.size, model.width, model.height) == (kept, width, height)
    assert type(model.size) is type(kept)


@given(WRITTEN | st.text(max_size=9) | st.integers() | st.floats() | st.none() | st.booleans())
def test_whatever_is_given_is_a_size_or_refused_in_one_sentence(value):
    try:
        config = change(IMPASTO, {"model.size": value})
    except ImpastoError as error:
        said = str(error)
        shown = " ".join(str(value).split())[:40]
        assert said.startswith(f"--size {shown}: model.size: ")
        assert said.endswith(".")
        assert "\n" not in said
        return
    model = config.model
    assert can_be_doubled_up_to(model.width, model.height)
    assert min(model.width, model.height) >= LEAST_SIDE
    assert max(model.width, model.height) <= LARGEST_SIDE
    assert change(config, {"model.size": model.size}) == config
    assert recipes.parse_value(str(model.size)) == model.size  # as `--set` reads it


@given(SIDES)
def test_a_size_is_refused_if_and_only_if_it_cannot_be_doubled_up_to(sides):
    try:
        check_paintable(*sides)
    except ValueError as error:
        assert not can_be_doubled_up_to(*sides)
        nearest = re.search(r"the nearest is (\S+)$", str(error))
        near = read_sides(nearest[1])
        assert can_be_doubled_up_to(*near)
        assert all(abs(a - b) <= b / 4 for a, b in zip(near, sides, strict=True))
    else:
        assert can_be_doubled_up_to(*sides)


@given(SIDES)
def test_what_is_written_is_read_again(sides):
    assert read_sides(write_sides(*sides)) == sides


@pytest.mark.parametrize("size", ["192x128", 96])
def test_other_families_paint_squares_only(size):
    with pytest.raises(ImpastoError, match=rf"size {size}.*architecture impasto"):
        change(recipes.load("dcgan-tutorial-64"), {"model.size": size})
    with pytest.raises(ValueError, match="fastgan paints squares"):
        Model(architecture="fastgan", size=size)


@pytest.mark.parametrize(("size", "line"), [(64, "  size: 64\n"), ("192x128", "  size: 192x128\n")])
def test_a_recipe_is_written_and_read_with_its_size(size, line, tmp_path):
    config = change(IMPASTO, {"model.size": size})
    text = recipes.dump(config)
    assert line in text
    (tmp_path / "recipe.yaml").write_text(text)
    assert recipes.load(str(tmp_path / "recipe.yaml")) == config
