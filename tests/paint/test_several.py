"""Several photographs share a palette and a ground."""

from pathlib import Path

import numpy as np

from impasto.paint.commission import Order
from impasto.paint.painter import Plan
from impasto.paint.several import in_common


def test_the_palette_is_of_all_pictures_and_the_ground_of_the_palette():
    red, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in ((200, 10, 10), (10, 10, 190)))
    order = in_common(Order(Plan(), palette="2"), [red, blue])
    assert set((order.palette or "").split(",")) == {"#c80a0a", "#0a0abe"}
    assert order.ground in (order.palette or "").split(",")


def test_without_a_palette_the_ground_is_their_mean():
    dark, light = (np.full((8, 8, 3), level, np.uint8) for level in (0, 200))
    order = in_common(Order(Plan(), mask=Path("mask.png")), [dark, light])
    assert (order.palette, order.ground) == (None, "#646464")
    assert in_common(Order(Plan(), ground="white"), [dark]).ground == "white"
