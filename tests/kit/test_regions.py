"""Regions that a brush can fill."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from impasto.core.colour import to_oklab
from impasto.kit.regions import (
    Widths,
    components,
    depth,
    dissolved,
    merged,
    neighbours,
    numbered,
    thickened,
    widened,
)
from impasto.paints.colours import choose_colours
from tests.kit import pictures

MAPS = arrays(
    np.int32, st.tuples(st.integers(2, 14), st.integers(2, 14)), elements=st.integers(0, 3)
)


def solved(picture, colours=8, width=8.0):
    lab = to_oklab(picture / np.float32(255)).astype(np.float32)
    care = np.ones(lab.shape[:2], np.float32)
    table = choose_colours(lab, care, colours)
    widths = Widths(width, width, np.zeros(care.shape, bool))
    labels = numbered(lab, care, table, widths)
    return lab, care, table, labels


@given(MAPS)
@settings(max_examples=60, deadline=None)
def test_components_part_the_picture_into_connected_regions_of_one_number(labels):
    regions = components(labels)
    assert sorted(np.unique(regions)) == list(range(regions.max() + 1))
    for region in range(regions.max() + 1):
        mine = regions == region
        assert len(np.unique(labels[mine])) == 1
        assert ndimage.label(mine)[1] == 1
    for one, other in neighbours(regions).tolist():
        assert labels[regions == one][0] != labels[regions == other][0]


@given(MAPS)
@settings(max_examples=60, deadline=None)
def test_neighbours_are_those_that_share_a_side(labels):
    regions = components(labels)
    found = set()
    for y, x in np.ndindex(regions.shape):
        for v, u in ((y + 1, x), (y, x + 1)):
            if v < regions.shape[0] and u < regions.shape[1] and regions[y, x] != regions[v, u]:
                found.add(tuple(sorted((int(regions[y, x]), int(regions[v, u])))))
    assert found == {tuple(pair) for pair in neighbours(regions).tolist()}


@pytest.mark.parametrize("make", [pictures.painting, pictures.landscape, pictures.noise])
@pytest.mark.parametrize("width", [6.0, 10.0])
def test_what_is_widened_holds_a_disc_of_the_width_everywhere(make, width):
    *_, labels = solved(make())
    widths = Widths(width, width, np.zeros(labels.shape, bool))
    for _ in range(2):
        labels = widened(labels, widths)
    regions = components(labels)
    widest = ndimage.maximum(depth(labels), regions, np.arange(regions.max() + 1))
    assert widest.min() >= width / 2 - 1  # a pixel is lost where discs meet the grid


def test_where_people_look_narrow_regions_stay_and_elsewhere_they_go():
    labels = np.zeros((80, 160), np.int32)
    labels[38:43, 10:60] = 1
    labels[38:43, 100:150] = 1
    looked_at = np.zeros(labels.shape, bool)
    looked_at[:, :80] = True
    found = widened(labels, Widths(12, 4, looked_at))
    assert (found[:, :80] == 1).sum() > 200
    assert not (found[:, 80:] == 1).any()


def test_a_small_bold_patch_stays_and_a_large_pale_one_goes():
    picture = np.full((120, 200, 3), 128, np.uint8)
    picture[20:36, 20:36] = (250, 40, 30)
    picture[60:100, 100:160] = 133
    lab = to_oklab(picture / np.float32(255)).astype(np.float32)
    care = np.ones(lab.shape[:2], np.float32)
    table = to_oklab(np.array([[128, 128, 128], [250, 40, 30], [133, 133, 133]]) / 255)
    labels = np.zeros(lab.shape[:2], np.int32)
    labels[20:36, 20:36], labels[60:100, 100:160] = 1, 2
    found = merged(labels, lab, care, table, 2.0)
    assert set(np.unique(found)) == {0, 1}


def test_a_dissolved_region_joins_the_neighbour_most_like_it():
    labels = np.zeros((30, 60), np.int32)
    labels[:, 20:40], labels[:, 40:] = 1, 2
    lab = np.zeros((30, 60, 3), np.float32)
    lab[:, 20:40, 0], lab[:, 40:, 0] = 0.7, 0.8
    table = np.array([[0.0, 0, 0], [0.7, 0, 0], [0.8, 0, 0]])
    found = dissolved(labels, lab, np.ones((30, 60), np.float32), table, [1])
    assert (found[:, 20:] == 2).all()
    assert (found[:, :20] == 0).all()


def test_a_sky_that_darkens_evenly_is_a_few_whole_bands():
    picture = pictures.landscape()
    lab, care, table, labels = solved(picture, 8)
    labels = widened(labels, Widths(9, 9, np.zeros(labels.shape, bool)))
    labels = merged(labels, lab, care, table, 1.0)
    sky = components(labels)[:90, :260]
    assert len(np.unique(sky)) <= 6


def test_one_colour_is_one_region():
    picture = np.full((40, 60, 3), 90, np.uint8)
    lab, care, table, labels = solved(picture, 24)
    assert len(table) == 1
    labels = widened(labels, Widths(9, 9, np.zeros(labels.shape, bool)))
    assert components(merged(labels, lab, care, table, 1.0)).max() == 0


@given(st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_merging_only_makes_fewer_regions_and_never_parts_one(seed):
    chance = np.random.default_rng(seed)
    labels = ndimage.zoom(chance.integers(0, 4, (8, 8)).astype(np.int32), 4, order=0)
    lab = chance.random((*labels.shape, 3)).astype(np.float32) * 0.1
    table = chance.random((4, 3)) * 0.1
    before = components(labels)
    after = components(merged(labels, lab, np.ones(labels.shape, np.float32), table, 0.05))
    for region in range(before.max() + 1):
        assert len(np.unique(after[before == region])) == 1


def test_lines_thinner_than_the_brush_are_drawn_as_wide_as_it():
    drawing = pictures.line_drawing()
    for picture in (drawing, 255 - drawing):
        lab = to_oklab(picture / np.float32(255)).astype(np.float32)
        found = thickened(lab, 8)
        dark, before = (np.abs(each[..., 0] - lab[0, 299, 0]) > 0.3 for each in (found, lab))
        assert 3 < dark.sum() / before.sum() < 8
        widest = ndimage.distance_transform_edt(dark).max()
        assert 4 < widest < 12


def test_hatching_keeps_its_tone_while_single_lines_become_bold():
    page = np.full((240, 240, 3), 245, np.uint8)
    page[130:, ::6] = 40  # dense hatching below, one line above
    page[60:62] = 40
    lab = to_oklab(page / np.float32(255)).astype(np.float32)
    found = thickened(lab, 10)
    assert found[20:110, ..., 0].mean() < lab[20:110, ..., 0].mean() - 0.05
    hatched = slice(150, 230)
    assert abs(found[hatched, ..., 0].mean() - lab[hatched, ..., 0].mean()) < 0.02


@pytest.mark.parametrize("make", [pictures.painting, pictures.landscape, pictures.noise])
def test_what_is_no_line_drawing_is_not_thickened(make):
    lab = to_oklab(make() / np.float32(255)).astype(np.float32)
    assert thickened(lab, 8) is lab
