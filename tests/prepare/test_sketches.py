"""Thumbnails that copies are found by."""

import numpy as np
from PIL import Image

from impasto.prepare.alignment import find_twins
from impasto.prepare.examine import Settings, examine
from impasto.prepare.sketches import TURNS, candidates
from tests.prepare.messy import strokes
from tests.prepare.test_alignment import stack


def facts_of(tmp_path, images):
    for number, image in enumerate(images):
        image.save(tmp_path / f"{number}.png")
    found = [examine(tmp_path, Settings(32, 32), tmp_path / f"{n}.png") for n in range(len(images))]
    thumbs = [thumb for each in found for thumb in each.thumbs]
    return np.stack(thumbs), [n for n, each in enumerate(found) for _ in each.thumbs]


def test_the_same_strokes_are_twins_and_others_are_not(tmp_path):
    image = Image.fromarray(strokes(1))
    images = [
        image,
        image.resize((130, 110)),
        image.crop((8, 5, 252, 215)),
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        image.point(lambda level: int(0.8 * level + 30)),
        *(Image.fromarray(strokes(seed)) for seed in range(2, 12)),
    ]
    twins = find_twins(*facts_of(tmp_path, images), 0.6)
    assert {(t.a, t.b) for t in twins if t.a == 0} == {(0, 1), (0, 2), (0, 3), (0, 4)}
    assert all(t.b <= 4 for t in twins)
    assert [TURNS[t.turn][2] for t in twins if t.a == 0] == [0, 0, 1, 0]


def test_thumbnails_of_one_picture_are_no_pair():
    thumbs = stack([Image.fromarray(strokes(1))] * 2)
    assert candidates(thumbs, [0, 0]) == []
