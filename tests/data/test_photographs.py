"""Features tell smooth from painted, the odd from the many, the like from the unlike."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from impasto.core.images import save
from impasto.data.colourfield import paint
from impasto.data.measures import centre_square
from impasto.data.photographs import TEXTURE, likeness, oddness, photograph_scores
from impasto.data.prepare import prepare
from impasto.data.verdicts import PHOTOGRAPH, usual_limit
from impasto.models import pretrained
from tests.data.messy import strokes


def test_a_smooth_sharp_edged_picture_is_more_of_a_photograph_than_strokes():
    painted = Image.fromarray(strokes(1))
    y = np.linspace(120, 240, 220)[:, None, None] * np.array([0.7, 0.85, 1.0])
    sky = np.broadcast_to(y, (220, 260, 3)).astype(np.uint8).copy()
    sky[150:, 60:200] = (60, 50, 45)
    lens = Image.fromarray(sky).filter(ImageFilter.GaussianBlur(0.6))
    views = np.stack([centre_square(each, 128, 0.875) for each in (painted, lens)])
    textures = pretrained.texture_features(views)
    assert textures.shape == (2, TEXTURE) == (2, pretrained.TEXTURE)
    paint, photo = photograph_scores(textures)
    assert photo > paint + 5


def test_the_odd_one_out_is_the_oddest():
    chance = np.random.default_rng(0)
    textures = chance.normal(0, 1, (100, TEXTURE)).astype(np.float32)
    textures[17] += 6
    found = oddness(textures)
    assert found.argmax() == 17
    assert np.median(found) == pytest.approx(1)


def test_a_small_set_has_no_odd_ones():
    assert (oddness(np.eye(20, TEXTURE, dtype=np.float32)) == 1).all()


def test_likeness_finds_the_neighbours_of_the_examples():
    chance = np.random.default_rng(1)
    kinds = chance.normal(0, 1, (2, TEXTURE))
    textures = np.concatenate([k + chance.normal(0, 0.3, (20, TEXTURE)) for k in kinds])
    found = likeness(textures.astype(np.float32), textures[:2].astype(np.float32))
    assert found[:20].min() > found[20:].max()


def test_a_set_of_hard_edged_paintings_is_not_thrown_out_as_photographs(tmp_path):
    folder = tmp_path / "fields"
    for seed in range(16):
        save(paint(seed, 96), folder / f"{seed}.png")
    report = prepare(folder, tmp_path / "out", size=64)
    assert "photograph, not a painting" not in report.reasons
    assert report.kept >= 15


def test_a_photograph_must_stand_out_from_its_own_set():
    chance = np.random.default_rng(0)
    ordinary = chance.normal(-52, 10, 1000)
    assert usual_limit(ordinary) == PHOTOGRAPH
    smooth = chance.normal(-40, 17, 1000)  # a hundredth of them above what is usual elsewhere
    limit = usual_limit(smooth)
    assert (smooth > PHOTOGRAPH).sum() > 10
    assert (smooth > limit).sum() <= 2
    # Photographs among them, few or many, do not hide behind one another.
    for share in (0.02, 0.15):
        photographs = np.full(int(1000 * share), 34.0)
        both = np.concatenate([smooth, photographs])
        assert usual_limit(both) < 34


def test_few_pictures_do_not_say_what_is_usual():
    assert usual_limit(np.linspace(-20, 40, 30)) == PHOTOGRAPH
