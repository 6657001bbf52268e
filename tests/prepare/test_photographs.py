"""Features tell smooth from painted, the odd from the many, the like from the unlike."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from impasto.core.images import save
from impasto.data.colourfield import paint
from impasto.models import pretrained
from impasto.prepare import rules
from impasto.prepare.doubtful import LIKE_A_PHOTOGRAPH, read_review
from impasto.prepare.measures import centre_square
from impasto.prepare.photographs import TEXTURE, likeness, oddness, photograph_scores
from impasto.prepare.pipeline import prepare
from impasto.prepare.rules import PHOTOGRAPH, Thresholds, usual_limit
from tests.prepare.messy import strokes


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
    assert report.notices == []  # the network was left out


def scored(tmp_path, monkeypatch, scores, **thresholds):
    """Prepare as many pictures as there are scores; the network gives each its own."""
    for seed in range(len(scores)):
        save(strokes(seed, 60, 50), tmp_path / "in" / f"{seed:03}.png")
    values = np.array(scores, dtype=float)
    monkeypatch.setattr(rules, "photograph_scores", lambda t: values[t[:, 0].astype(int)])

    def look(views):
        return np.repeat(np.arange(len(views), dtype=np.float32)[:, None], TEXTURE, axis=1)

    chosen = Thresholds(duplicate=2, **thresholds)
    report = prepare(tmp_path / "in", tmp_path / "out", size=32, look=look, thresholds=chosen)
    return report, (tmp_path / "out" / "report.html").read_text()


def test_a_filter_that_switches_itself_off_says_so(tmp_path, monkeypatch):
    report, page = scored(tmp_path, monkeypatch, [80.0] * 4 + [-40.0] * 8)
    assert report.kept == 12
    (notice,) = report.notices
    assert notice.filter == "photograph"
    assert "4 of 12 pictures score above -5.0" in notice.says
    assert "switched itself off" in page
    rows = [row for row in read_review(tmp_path / "out").rows if row.asked]
    assert [(row.reason, row.keep) for row in rows] == [(LIKE_A_PHOTOGRAPH, True)] * 4


def test_what_is_doubtful_lies_near_the_limit_of_the_set(tmp_path, monkeypatch):
    for limit, doubtful in ((5.0, {0, 1}), (-5.0, {0, 1, 2}), (float("inf"), {0, 1, 2})):
        scored(tmp_path, monkeypatch, [20.0, -3.0, -12.0, -30.0], photograph=limit)
        asked = {int(row.file[:3]) for row in read_review(tmp_path / "out").rows if row.asked}
        assert asked == doubtful


def test_a_limit_that_was_asked_for_drops_however_many(tmp_path, monkeypatch):
    scores = [80.0] * 4 + [-40.0] * 8
    report, _ = scored(tmp_path, monkeypatch, scores, photograph=-5.0)
    assert report.reasons == {"photograph, not a painting": 4}
    assert report.notices == []


def test_odd_says_that_too_few_pictures_have_no_odd_one(tmp_path, monkeypatch):
    report, page = scored(tmp_path, monkeypatch, [-40.0] * 5, odd=3.0)
    assert [(each.filter, report.kept) for each in report.notices] == [("odd", 5)]
    assert "--odd 3 was not applied" in report.notices[0].says
    assert "(here 5)" in report.notices[0].says
    assert "--odd 3 was not applied" in page


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"odd": 3.0}, "--odd was not applied"),
        ({"photograph": 3.0}, "--photograph was not applied"),
        ({"photograph": 3.0, "odd": 2.0}, "--photograph and --odd were not applied"),
        ({"photograph": float("inf")}, ""),
        ({}, ""),
    ],
)
def test_what_takes_the_network_says_so_where_it_was_left_out(tmp_path, options, named):
    save(strokes(1, 60, 50), tmp_path / "in" / "a.png")
    out = tmp_path / "out"
    report = prepare(tmp_path / "in", out, size=32, thresholds=Thresholds(**options))
    assert [each.says.partition(":")[0] for each in report.notices] == ([named] if named else [])


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
