"""Mixtures: real paints, whole parts, the nearest to what is wanted."""

from math import gcd

import numpy as np
import pytest

from impasto.core.colour import to_oklab
from impasto.paints.difference import delta_e
from impasto.paints.files import load_paints


def hue(colour):
    _, green_red, blue_yellow = to_oklab(np.asarray(colour))
    return np.degrees(np.arctan2(blue_yellow, green_red)) % 360


@pytest.fixture(scope="module")
def acrylics():
    return load_paints("acrylics")


def mixed(paints, **parts):
    row = np.zeros((1, len(paints.names)))
    for name, count in parts.items():
        row[0, [n.lower().replace(" ", "_") for n in paints.names].index(name)] = count
    return paints.colours(row)[0]


def test_blue_and_yellow_are_green_not_the_grey_of_their_average(acrylics):
    found = mixed(acrylics, hansa_yellow=3, cobalt_blue=1)
    assert 110 < hue(found) < 165
    red, green, blue = found
    assert green > red and green > blue


def test_white_makes_a_transparent_blue_lighter_and_more_brilliant(acrylics):
    tube, tint = (
        mixed(acrylics, ultramarine_blue=1),
        mixed(acrylics, ultramarine_blue=1, titanium_white=4),
    )
    assert to_oklab(tint)[0] > to_oklab(tube)[0] + 0.15


def test_a_mixture_lies_between_its_paints_in_lightness(acrylics):
    shares = [mixed(acrylics, titanium_white=8 - n, bone_black=n) for n in range(1, 8)]
    lightness = [to_oklab(colour)[0] for colour in shares]
    assert lightness == sorted(lightness, reverse=True)


def test_recipes_have_whole_parts_that_cannot_be_made_smaller(acrylics):
    parts, colours = acrylics.mixtures
    assert len(parts) == len(colours)
    assert ((colours >= 0) & (colours <= 1)).all()
    for row in parts[:: len(parts) // 300].tolist():
        used = [count for count in row if count]
        assert 1 <= len(used) <= 3
        assert gcd(*used) == 1
    assert len(np.unique(parts, axis=0)) == len(parts)


def test_a_colour_that_is_a_mixture_is_found_again(acrylics):
    parts, colours = acrylics.mixtures
    for number in (3, 500, len(parts) // 2):
        found = acrylics.nearest(colours[number][None])[0]
        assert delta_e(colours[found], colours[number]) < 2


def test_no_mixture_is_given_twice(acrylics):
    wanted = np.array([[0.5, 0.4, 0.3]] * 6)
    assert len(set(acrylics.nearest(wanted).tolist())) == 6


def test_a_recipe_says_parts_and_how_near_it_comes(acrylics):
    wanted = np.array([0.45, 0.5, 0.35])
    lab = acrylics.chooser(to_oklab(wanted[None]))[0]
    mixture = acrylics.recipe_for(lab, wanted)
    assert mixture.delta_e == pytest.approx(delta_e(mixture.colour, wanted))
    assert mixture.delta_e < 6
    counts = [count for _, count in mixture.parts]
    assert counts == sorted(counts, reverse=True)
    for name, count in mixture.parts:
        assert name in mixture.recipe()
        assert len(counts) == 1 or f"{count} {name}" in mixture.recipe()


def test_of_one_coat_the_canvas_shines_through(acrylics):
    from dataclasses import replace

    glaze = replace(acrylics, coats=0.3)
    assert (
        to_oklab(mixed(glaze, ultramarine_blue=1))[0]
        > to_oklab(mixed(acrylics, ultramarine_blue=1))[0]
    )


def test_black_is_mixed_from_black_not_from_what_is_darker_and_blue(acrylics):
    (number,) = acrylics.nearest(np.zeros((1, 3)))
    assert np.ptp(acrylics.mixtures[1][number]) < 0.06


def test_one_paint_alone_is_its_own_palette():
    from dataclasses import replace

    paints = load_paints("primaries")
    alone = replace(
        paints, names=paints.names[:1], absorption=paints.absorption[:1],
        scattering=paints.scattering[:1],
    )  # fmt: skip
    assert set(alone.nearest(np.random.default_rng(0).random((3, 3))).tolist()) == {0}
