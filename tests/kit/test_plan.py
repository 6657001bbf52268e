"""Regions and their paints."""

import numpy as np

from impasto.kit.canvas import LEVELS, Canvas
from impasto.kit.plan import grid_of, solve
from impasto.metrics.attention import Attention


def test_a_face_that_is_looked_at_has_smaller_regions_than_the_rest():
    picture = np.zeros((240, 240, 3), np.uint8)
    picture[np.arange(240) % 10 < 5] = (200, 190, 150)  # stripes of 3.3 mm
    picture[:, 110:130] = (90, 60, 200)
    looked_at = np.zeros((240, 240), bool)
    looked_at[:, :120] = True
    canvas, level = Canvas(160, 160), LEVELS["medium"]
    plan = solve(picture, Attention(np.ones((240, 240), np.float32), looked_at, 1), canvas, level,
                 12)  # fmt: skip
    rooms = [(label.target or (label.x, label.y), label.room) for label in plan.labels]
    fine = [room for (x, _), room in rooms if x < 75]
    plain = [room for (x, _), room in rooms if x > 85]
    assert min(fine) >= level.fine
    assert min(plain) >= level.width
    assert min(fine) < level.width
    assert len(fine) > len(plain)


def test_pixels_of_a_large_canvas_are_bounded_and_it_says_how_narrow_regions_are():
    assert max(grid_of(3000, 2000, Canvas(2000, 1500), LEVELS["hard"])) == 1600
