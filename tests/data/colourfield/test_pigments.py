"""Palettes of the built-in paintings."""

import itertools
import random

import numpy as np

from impasto.core.colour import to_oklab
from impasto.data.colourfield.pigments import PALETTES, Palette


def test_a_palette_picks_colours_that_can_be_told_apart():
    for seed in range(50):
        palette = Palette(random.Random(seed))
        assert ((palette.colours >= 0) & (palette.colours <= 1)).all()
        ground = palette.pick()
        row = [ground, *palette.row(6, ground)]
        for one, other in itertools.pairwise(row):
            assert np.linalg.norm(to_oklab(one) - to_oklab(other)) > 0.06


def test_every_palette_has_five_colours():
    assert all(len(text.split()) == 5 for text in PALETTES.values())
