"""What was done to a copy is undone or seen through; what only looks alike is told apart."""

import numpy as np
import pytest
from PIL import Image

from impasto.prepare.alignment import align, find_twins
from impasto.prepare.sketches import turned
from tests.prepare.lookalikes import fan, field_layout, fields
from tests.prepare.messy import strokes


def test_another_version_of_the_same_composition_is_no_twin():
    """Same large shapes, other strokes: what two canvases of one series have in common."""
    chance = np.random.default_rng(0)
    shapes = Image.fromarray(chance.integers(0, 256, (5, 5), dtype=np.uint8)).resize((64, 64))
    versions = [
        np.clip(np.asarray(shapes) + chance.normal(0, 18, (64, 64)), 0, 255).astype(np.uint8)
        for _ in range(2)
    ]
    alignment = align(*(np.dstack([each] * 3) for each in versions))
    assert alignment.likeness > 0.8
    assert alignment.detail < 0.4


@pytest.mark.parametrize(("left", "top", "scale"), [(0.0, 0.0, 0.92), (0.03, 0.05, 0.9), (0, 0, 1)])
def test_alignment_finds_scale_and_shift(left, top, scale):
    image = Image.fromarray(strokes(4, 300, 300)).convert("L")
    box = (left * 300, top * 300, (left + scale) * 300, (top + scale) * 300)
    a = np.asarray(image.resize((64, 64), Image.Resampling.BICUBIC))
    b = np.asarray(image.resize((64, 64), Image.Resampling.BICUBIC, box=box))
    found = align(np.dstack([a] * 3), np.dstack([b] * 3))
    assert found.detail > 0.8
    assert found.scale == pytest.approx((scale, scale), abs=0.01)
    assert found.shift == pytest.approx((left + scale / 2 - 0.5, top + scale / 2 - 0.5), abs=0.01)


def test_flat_pictures_are_nobodys_twin():
    flat = np.full((64, 64, 3), 128, dtype=np.uint8)
    assert align(flat, flat).detail == 0


def stack(images):
    return np.stack([np.asarray(each.convert("RGB").resize((64, 64))) for each in images])


@pytest.mark.parametrize("turn", range(8))
def test_a_copy_in_any_position_is_found_with_its_position(turn):
    first = stack([Image.fromarray(strokes(seed)) for seed in range(6)])
    copy = turned(first[2], turn)
    (twin,) = find_twins(np.concatenate([first, copy[None]]), range(7), 0.6)
    assert (twin.a, twin.b) == (2, 6)
    assert (turned(copy, twin.turn) == first[2]).all()
    back = twin.seen_from(6)
    assert (turned(first[2], back.turn) == copy).all()


def test_no_pictures_have_no_twins():
    assert find_twins(np.empty((0, 64, 64, 3), dtype=np.uint8), [], 0.6) == []


def test_one_composition_in_other_colours_is_no_twin_and_a_faded_or_grey_copy_is():
    """Precision and recall on lookalikes are measured by `bench/duplicates.py`."""
    chance = np.random.default_rng(1)
    for _ in range(6):
        layout = field_layout(chance)
        series = [fields(chance, layout) for _ in range(4)]
        tinted = Image.fromarray((np.asarray(series[0]) * [0.9, 0.95, 1.0]).astype(np.uint8))
        twins = find_twins(stack([*series, tinted]), range(5), 0.6)
        assert [(each.a, each.b) for each in twins] == [(0, 4)]


def grainy_field(seed: int) -> np.ndarray:
    """Three fields one above the other on canvas whose grain is everywhere."""
    chance = np.random.default_rng(seed)
    colours = chance.integers(20, 236, (4, 3))
    picture = np.broadcast_to(colours[0], (64, 64, 3)).astype(float)
    for number, top in enumerate((5, 24, 43), 1):
        picture[top : top + 17, 5:59] = colours[number]
    return np.clip(picture + chance.normal(0, 8, (64, 64, 1)), 0, 255).astype(np.uint8)


def test_grain_is_no_stroke_that_would_excuse_other_colours():
    fields = [grainy_field(seed) for seed in range(40)]
    assert all(align(each, each).confirms(0.6) for each in fields)
    recoloured = [align(each, np.roll(each, 1, axis=2)) for each in fields]
    assert sum(each.confirms(0.6) for each in recoloured) <= 2


def test_fans_on_plain_mounts_are_told_apart():
    chance = np.random.default_rng(2)
    fans = [fan(chance, shape) for shape in ("round", "leaf", "folding") for _ in range(6)]
    copy = fans[3].convert("L").rotate(90)
    twins = find_twins(stack([*fans, copy]), range(19), 0.6)
    assert [(each.a, each.b) for each in twins] == [(3, 18)]
