"""Sheets that show directions."""

import numpy as np
from PIL import Image

from impasto.explore.direction_sheets import STRENGTHS, draw_strips
from impasto.explore.search import by_weights
from impasto.generate.latents import of_seed


def test_strips_show_each_direction_on_each_picture(painter, tmp_path):
    found = by_weights(painter.network, painter.latent, 2)
    latents = [of_seed(seed, painter.latent) for seed in range(3)]
    sheet, *strips = draw_strips(painter, found, latents, tmp_path)
    assert [path.name for path in strips] == ["weights-1.png", "weights-2.png"]
    with Image.open(sheet) as all_, Image.open(strips[0]) as one:
        assert one.width > len(STRENGTHS) * 96
        assert one.height > 3 * 96
        assert all_.height > 2 * 96
        row = np.asarray(one.convert("L"), dtype=float)[60:90]
    # The middle column is the picture itself; the ends differ from it.
    assert row.std() > 1
