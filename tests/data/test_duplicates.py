"""What was done to a copy is undone or seen through; what only looks alike is told apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.data.duplicates import RADIUS, align, candidates, find_twins
from impasto.data.facts import Settings, examine
from tests.data.messy import strokes


def facts_of(tmp_path, images):
    for number, image in enumerate(images):
        image.save(tmp_path / f"{number}.png")
    found = [examine(tmp_path, Settings(32, 32), tmp_path / f"{n}.png") for n in range(len(images))]
    return [f.facts.hashes for f in found], np.stack([f.thumb for f in found])


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
    assert [t.mirrored for t in twins if t.a == 0] == [False, False, True, False]


def test_another_version_of_the_same_composition_is_no_twin():
    """Same large shapes, other strokes: what two canvases of one series have in common."""
    chance = np.random.default_rng(0)
    shapes = Image.fromarray(chance.integers(0, 256, (5, 5), dtype=np.uint8)).resize((64, 64))
    versions = [
        np.clip(np.asarray(shapes) + chance.normal(0, 18, (64, 64)), 0, 255).astype(np.uint8)
        for _ in range(2)
    ]
    alignment = align(*versions)
    assert alignment.likeness > 0.8
    assert alignment.detail < 0.4


@pytest.mark.parametrize(("left", "top", "scale"), [(0.0, 0.0, 0.92), (0.03, 0.05, 0.9), (0, 0, 1)])
def test_alignment_finds_scale_and_shift(left, top, scale):
    image = Image.fromarray(strokes(4, 300, 300)).convert("L")
    box = (left * 300, top * 300, (left + scale) * 300, (top + scale) * 300)
    a = np.asarray(image.resize((64, 64), Image.Resampling.BICUBIC))
    b = np.asarray(image.resize((64, 64), Image.Resampling.BICUBIC, box=box))
    found = align(a, b)
    assert found.detail > 0.8
    assert found.scale == pytest.approx((scale, scale), abs=0.01)
    assert found.shift == pytest.approx((left + scale / 2 - 0.5, top + scale / 2 - 0.5), abs=0.01)


def test_flat_pictures_are_nobodys_twin():
    flat = np.full((64, 64), 128, dtype=np.uint8)
    assert align(flat, flat).detail == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 2**64 - 1)] * 3), max_size=12), st.integers(0, 2**12))
def test_candidates_are_exactly_the_near_ones(hashes, flips):
    hashes = hashes + [(w ^ (flips & 0xFFF), m, p) for w, m, p in hashes[:3]]
    found = {(a, b) for a, b, _ in candidates(hashes)}

    def near(x, y):
        return (x ^ y).bit_count() <= RADIUS

    expected = {
        (a, b)
        for b in range(len(hashes))
        for a in range(b)
        if near(hashes[a][0], hashes[b][0])
        or near(hashes[a][0], hashes[b][2])
        or near(hashes[a][2], hashes[b][0])
        or near(hashes[a][0], hashes[b][1])
    }
    assert found == expected


def test_no_pictures_have_no_twins():
    assert find_twins([], np.empty((0, 64, 64), dtype=np.uint8), 0.6) == []
