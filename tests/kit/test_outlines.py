"""Outlines that two neighbours share, without gaps and without overlaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageDraw
from scipy import ndimage

from impasto.kit.outlines import OUTSIDE, rings, trace
from impasto.kit.plan import _areas
from impasto.kit.regions import components, neighbours

MAPS = arrays(
    np.int32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 2)
)


def coarse(seed: int, side: int = 8, times: int = 8):
    """Random regions as wide as a brush."""
    labels = np.random.default_rng(seed).integers(0, 3, (side, side)).astype(np.int32)
    return components(ndimage.zoom(labels, times, order=0))


@given(MAPS)
@settings(max_examples=80, deadline=None)
def test_lines_lie_between_neighbours_and_areas_sum_to_the_picture(labels):
    regions = components(labels)
    lines = trace(regions)
    assert all(line.left != line.right for line in lines)
    pairs = {tuple(sorted((line.left, line.right))) for line in lines if not line.on_the_rim}
    assert pairs == {tuple(pair) for pair in neighbours(regions).tolist()}
    areas = _areas(lines, regions.max() + 1)
    assert areas.sum() == pytest.approx(regions.size, abs=0.5)


@given(MAPS)
@settings(max_examples=80, deadline=None)
def test_each_region_is_closed_and_uses_the_very_lines_of_its_neighbours(labels):
    regions = components(labels)
    lines = trace(regions)
    around = rings(lines)
    assert sorted(around) == list(range(regions.max() + 1))
    uses = {id(line): 0 for line in lines}
    for closed in around.values():
        for ring in closed:
            ends = [line.knots[[-1, 0]] if back else line.knots[[0, -1]] for line, back in ring]
            for (_, end), (begin, _) in zip(ends, [*ends[1:], ends[0]], strict=True):
                assert (end == begin).all()
            for line, _ in ring:
                uses[id(line)] += 1
    assert all(uses[id(line)] == 2 - line.on_the_rim for line in lines)


@pytest.mark.parametrize("seed", range(6))
def test_smoothing_moves_outlines_little_and_keeps_areas(seed):
    regions = coarse(seed)
    areas = _areas(trace(regions), regions.max() + 1)
    pixels = np.bincount(regions.reshape(-1))
    assert np.abs(areas - pixels).max() < 0.25 * 64
    assert (areas > 0).all()


@pytest.mark.parametrize("seed", range(6))
def test_every_place_belongs_to_exactly_one_region(seed):
    regions = coarse(seed)
    times = 6
    size = (regions.shape[1] * times, regions.shape[0] * times)
    count = np.zeros(size[::-1], int)
    for closed in rings(trace(regions)).values():
        mask = Image.new("1", size)
        for ring in closed:
            way = np.concatenate(
                [line.points()[::-1] if back else line.points() for line, back in ring]
            )
            one = Image.new("1", size)
            ImageDraw.Draw(one).polygon([tuple(p) for p in way * times], fill=1)
            mask = Image.fromarray(np.asarray(mask) ^ np.asarray(one))
        count += np.asarray(mask)
    # Pillow fills the pixels on a border for both sides; what is off it is covered once.
    edge = ndimage.binary_dilation(count != 1)
    assert (count >= 1).mean() > 0.999
    assert edge.mean() < 0.2
    assert ndimage.label(count > 1)[0][ndimage.binary_erosion(count > 1, iterations=2)].size == 0


def test_the_rim_stays_straight_and_a_diagonal_becomes_smooth():
    y, x = np.mgrid[:60, :60]
    lines = trace((y > x).astype(np.int32))
    inner = next(line for line in lines if not line.on_the_rim).points()
    ways = np.diff(inner[2:-2], axis=0)
    angles = np.degrees(np.arctan2(ways[:, 1], ways[:, 0])) % 180
    assert np.abs(angles - 45).max() < 15
    for line in lines:
        if line.on_the_rim:
            points = line.points()
            on_x = np.isin(points[:, 0], (0, 60))
            assert (on_x | np.isin(points[:, 1], (0, 60))).all()
            assert OUTSIDE in (line.left, line.right)


def test_a_disc_stays_round_and_as_large():
    y, x = np.mgrid[:40, :40]
    disc = ((y - 19.5) ** 2 + (x - 19.5) ** 2 < 10**2).astype(np.int32)
    line = next(each for each in trace(disc) if not each.on_the_rim)
    radius = np.hypot(*(line.points() - 20).T)
    assert radius.min() > 9.3
    assert radius.max() < 10.6
