import numpy as np
import pytest
from PIL import Image, ImageFilter

from impasto.data.colourfield import paint
from impasto.errors import ImpastoError
from impasto.metrics import copies
from impasto.metrics.copies import Originals, layout, percent


def wall(first, count, size=32):
    return np.stack([paint(seed, size) for seed in range(first, first + count)])


def blurred(picture):
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(1)))


def noisy(picture):
    noise = np.random.default_rng(0).normal(0, 10, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def brighter(picture):
    return np.clip(picture * 1.15 + 5, 0, 255).astype(np.uint8)


CHANGES = {
    "as it is": lambda picture: picture,
    "mirrored": lambda picture: picture[:, ::-1],
    "blurred": blurred,
    "noisy": noisy,
    "brighter": brighter,
}


@pytest.fixture(scope="module")
def pictures():
    return wall(0, 240)


@pytest.fixture(scope="module")
def originals(pictures):
    return Originals(pictures[:200])


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_is_found_whatever_was_done_to_it(pictures, originals, change):
    changed = np.stack([CHANGES[change](picture) for picture in pictures[:60]])
    found = originals.search(changed)
    right = found.rows[:, 0] == np.arange(60)
    assert right.mean() > 0.9
    kinds = [found.kind(row) for row in range(60)]
    assert kinds.count("copy") > 54


def test_paintings_of_the_same_painter_are_no_copies(pictures, originals):
    found = originals.search(pictures[200:])
    fresh = originals.judge(found)
    assert fresh.nearness == pytest.approx(1, abs=0.15)
    assert not fresh.memorised
    assert abs(fresh.copies - fresh.copies_expected) < 0.05
    assert "sign of copying" in fresh.words
    assert "No held-out pictures are known" in fresh.words


def test_a_few_copies_among_many_are_told(pictures, originals):
    found = originals.search(np.concatenate([pictures[:12], wall(1000, 88)]))
    judged = originals.judge(found)
    assert judged.memorised
    assert judged.copies >= 0.12
    assert "It copies originals" in judged.words


def test_twins_among_the_originals_are_no_fault_of_the_generator(pictures):
    """A set in which every third picture has a twin: unseen ones have it as well."""
    twins = np.concatenate([pictures[:120], brighter(pictures[:40])])
    originals = Originals(twins)
    assert originals.copies_expected[0] == pytest.approx(0.5, abs=0.05)
    samples = np.concatenate([brighter(pictures[40:60]), wall(2000, 20)])
    assert originals.judge(originals.search(samples)).copies >= 0.5
    assert not originals.judge(originals.search(samples)).memorised


def test_held_out_pictures_tell_what_distances_do_not(pictures):
    """Halfway between two trained pictures: no copy of either, yet never near the held-out."""
    held = np.arange(0, 240, 4)
    trained = np.setdiff1d(np.arange(240), held)
    originals = Originals(pictures, held)
    one = pictures[trained[:150]].astype(float)
    mixed = (0.6 * one + 0.4 * pictures[trained[20:170]]).astype(np.uint8)
    judged = originals.judge(originals.search(mixed))
    assert judged.held_out == 60
    assert judged.nearest_held_out_expected == 0.25
    assert judged.nearest_held_out < 0.1
    assert judged.memorised
    fresh = originals.judge(originals.search(wall(1000, 150)))
    assert not fresh.memorised
    assert fresh.nearest_held_out == pytest.approx(0.25, abs=0.12)


def test_one_picture_again_and_again_is_no_proof(pictures):
    """A collapsed generator has one nearest original; that it was trained on proves nothing."""
    originals = Originals(pictures, np.arange(200, 240))
    same = np.repeat(wall(5000, 1), 100, axis=0)
    assert not originals.judge(originals.search(same)).memorised


def test_layout_forgets_brightness_contrast_and_size():
    picture = wall(7, 1, size=64)
    duller = (picture * 0.6 + 40).astype(np.uint8)
    larger = np.asarray(Image.fromarray(picture[0]).resize((128, 128), 3))[None]
    same = layout(picture)
    other = layout(wall(8, 1, size=64))
    apart = np.linalg.norm(same - other)
    assert np.linalg.norm(layout(duller) - same) < 0.3 * apart
    assert np.linalg.norm(layout(larger) - same) < 0.1 * apart
    flat = layout(np.full((1, 64, 64, 3), 128, np.uint8))
    assert np.abs(flat).max() < 1e-3  # nothing is blown up out of nothing


def test_distances_are_those_of_the_definition(pictures):
    some, among = pictures[200:206], pictures[:30]
    originals = Originals(among)
    found = originals.search(some, k=4)
    x, y = layout(some), layout(among)
    turned = layout(np.ascontiguousarray(some[:, :, ::-1]))
    far = np.minimum(*(np.linalg.norm(a[:, None] - y[None], axis=-1) for a in (x, turned)))
    assert np.allclose(found.distances, np.sort(far)[:, :4] / originals.typical, atol=0.02)
    each = layout(among)
    both = np.minimum(
        np.linalg.norm(each[:, None] - each, axis=-1),
        np.linalg.norm(layout(np.ascontiguousarray(among[:, :, ::-1]))[:, None] - each, axis=-1),
    )
    np.fill_diagonal(both, np.inf)
    assert originals.typical == pytest.approx(float(np.median(both.min(axis=1))), rel=0.02)


def test_of_a_very_large_set_a_part_is_searched(pictures, monkeypatch):
    monkeypatch.setattr(copies, "MOST_ORIGINALS", 100)
    originals = Originals(pictures, held_out=np.arange(0, 240, 2))
    assert len(originals.rows) == 100
    found = originals.search(pictures[originals.rows[:5]], k=1)
    assert np.array_equal(found.rows[:, 0], originals.rows[:5])  # rows of the whole set
    assert originals.judge(found).held_out == int((originals.rows % 2 == 0).sum())


def test_all_alike_originals_are_no_division_by_zero():
    originals = Originals(np.full((5, 32, 32, 3), 9, np.uint8))
    assert np.isfinite(originals.search(wall(0, 3), k=1).distances).all()


def test_what_cannot_be_searched_is_refused(pictures):
    with pytest.raises(ImpastoError, match="at least two originals"):
        Originals(pictures[:1])
    with pytest.raises(ImpastoError, match="no 3 neighbours among 2"):
        Originals(pictures[:2]).search(pictures[:1], k=3)


@pytest.mark.parametrize(
    ("share", "said"), [(0, "0 %"), (0.004, "0.4 %"), (0.0996, "10 %"), (0.5, "50 %"), (1, "100 %")]
)
def test_shares_are_said_as_per_cents(share, said):
    assert percent(share) == said
