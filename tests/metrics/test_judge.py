import numpy as np
import pytest

from impasto import recipes
from impasto.data.colourfield import paint
from impasto.data.dataset import DatasetWriter, open_dataset, split_rows
from impasto.errors import ImpastoError
from impasto.metrics.distances import diversity, kid
from impasto.metrics.features import Extractor
from impasto.metrics.judge import SIDE, Judge
from impasto.train.guard import Guard


class Thumbnails:
    """8 × 8 grey thumbnails as features, counting what was looked at."""

    def __init__(self):
        self.looked = 0

    def __call__(self, pictures):
        self.looked += len(pictures)
        small = pictures.reshape(len(pictures), 8, 4, 8, 4, 3).mean((2, 4, 5))
        return small.reshape(len(pictures), 64).astype(np.float32) / 128 - 1


def wall(first, count):
    return np.stack([paint(seed, 32) for seed in range(first, first + count)])


@pytest.fixture(scope="module")
def reals():
    return wall(0, 150)


@pytest.fixture
def thumbnails():
    return Extractor("thumbnails", 64, Thumbnails())


def test_it_tells_pictures_of_the_same_kind_from_noise_and_from_collapse(reals, thumbnails):
    judge = Judge(reals, thumbnails)
    assert judge.name == "KID-thumbnails"
    same = judge.judge(wall(1000, 150))
    assert abs(same["kid"]) < 3 * same["kid_error"]
    assert same["diversity"] == pytest.approx(1, abs=0.15)
    assert same["nearness"] == pytest.approx(1, abs=0.2)
    assert same["copies"] == pytest.approx(same["copies_expected"], abs=0.05)
    noise = np.random.default_rng(0).integers(0, 256, reals.shape, dtype=np.uint8)
    bad = judge.judge(noise)
    assert bad["kid"] > 3 * bad["kid_error"]
    one = judge.judge(np.repeat(reals[:1], 100, axis=0))
    assert one["kid"] > 3 * one["kid_error"]
    assert one["diversity"] == pytest.approx(0, abs=1e-3)
    assert one["copies"] == 1


def test_what_is_held_out_chooses_no_snapshot_and_is_searched_for_copies(reals, thumbnails):
    """Else the best snapshot would be chosen on the pictures that are measured afterwards."""
    _, held = split_rows(len(reals), 0.5)
    told = np.zeros_like(reals)  # whoever looks at a picture held out sees black
    told[:] = reals
    told[held] = 0
    assert (
        Judge(told, thumbnails, held_out=held).features
        == Judge(np.delete(reals, held, axis=0), thumbnails).features
    ).all()
    assert len(Judge(reals, thumbnails, held_out=held).originals.rows) == len(reals)
    with pytest.raises(ImpastoError, match="has 6"):
        Judge(reals[:12], thumbnails, held_out=np.arange(6))


def test_the_numbers_are_those_of_the_distances(reals, thumbnails):
    fakes = wall(1000, 40)
    found = Judge(reals, thumbnails).judge(fakes)
    look = Thumbnails()
    assert (found["kid"], found["kid_error"]) == pytest.approx(kid(look(reals), look(fakes)))
    assert found["diversity"] == pytest.approx(diversity(look(reals), look(fakes)))
    assert all(type(value) is float for value in found.values())  # they go to JSON


def test_originals_are_looked_at_once_and_never_more_than_asked(reals, thumbnails):
    judge = Judge(reals, thumbnails, count=60)
    assert thumbnails.extract.looked == 0  # nothing before the first judgement
    assert judge.judge(reals[:20]) == judge.judge(reals[:20])
    assert thumbnails.extract.looked == 60 + 20 + 20
    assert judge.features.shape == (60, 64)


def test_the_sample_of_originals_follows_the_seed_alone(reals, thumbnails):
    np.random.seed(5)  # the global chance must neither matter nor be moved
    before = np.random.get_state()[1].copy()
    first = Judge(reals, thumbnails, count=30, seed=1).features
    assert np.array_equal(first, Judge(reals, thumbnails, count=30, seed=1).features)
    assert not np.array_equal(first, Judge(reals, thumbnails, count=30, seed=2).features)
    assert np.array_equal(before, np.random.get_state()[1])


def test_a_memory_map_of_originals_will_do(tmp_path, reals, thumbnails):
    np.save(tmp_path / "pictures.npy", reals)
    mapped = np.load(tmp_path / "pictures.npy", mmap_mode="r")
    fakes = wall(1000, 20)
    assert Judge(mapped, thumbnails).judge(fakes) == Judge(reals, thumbnails).judge(fakes)


def test_a_prepared_set_is_looked_at_once_for_all_trainings(tmp_path, reals, thumbnails):
    with DatasetWriter(tmp_path, 32, 32) as writer:
        for number, picture in enumerate(reals):
            writer.add(picture, f"{number}.png")
        writer.finish("fields")
    fakes = wall(1000, 20)
    first = Judge(open_dataset(tmp_path), thumbnails, count=60).judge(fakes)
    assert thumbnails.extract.looked == 60 + 20
    assert Judge(open_dataset(tmp_path), thumbnails, count=60).judge(fakes) == first
    assert thumbnails.extract.looked == 60 + 20 + 20
    assert Judge(reals, thumbnails, count=60).judge(fakes) == first
    other = Judge(open_dataset(tmp_path), thumbnails, count=60, seed=9).judge(fakes)
    assert other["kid"] != first["kid"]


def test_it_knows_what_it_cost_and_shows_the_nearest(reals, thumbnails):
    judge = Judge(reals, thumbnails)
    assert judge.seconds == 0
    judge.judge(reals[:20])
    after = judge.seconds
    assert after > 0
    sheet = judge.nearest_sheet(np.concatenate([wall(1000, 9), reals[:1]]))
    assert sheet.ndim == 3
    assert judge.seconds > after


def test_without_an_extractor_it_uses_the_chosen_one(reals):
    judge = Judge(reals[:24])
    assert judge.name == f"KID-lite0@{SIDE}"
    found = judge.judge(wall(1000, 24))
    blank = judge.judge(np.full((24, 32, 32, 3), 128, np.uint8))
    assert found["kid"] < blank["kid"]
    assert blank["diversity"] < 0.01 < 0.5 < found["diversity"]


def test_too_few_pictures_are_refused_with_the_way_out(reals, thumbnails):
    with pytest.raises(ImpastoError, match=r"at least 10 pictures and has 9.*judge_every=null"):
        Judge(reals[:9], thumbnails)
    with pytest.raises(ImpastoError, match="not 9"):
        Judge(reals, thumbnails).judge(reals[:9])
    with pytest.raises(ImpastoError, match="uint8"):
        Judge(reals.astype(float), thumbnails)


def test_a_generator_that_prints_a_stamp_is_seen_by_the_judge_and_told_by_the_guard(thumbnails):
    """From pictures to words: dots on every sample, none on the originals."""
    originals, samples = wall(0, 200), wall(1000, 200)
    dots = np.zeros((32, 32, 1), int)
    dots[4::8, 4::8] = 24  # 3 grey levels root mean square
    stamped = np.clip(samples + dots, 0, 255).astype(np.uint8)
    judge = Judge(originals, thumbnails, count=200)
    fine, marked = judge.judge(samples), judge.judge(stamped)
    assert fine["stamp"] < 0.4 < 0.6 < marked["stamp"] - max(0, marked["stamp_expected"])
    assert marked["stamp_levels"] == pytest.approx(3, rel=0.3)
    guard, clean = (Guard(recipes.load("impasto-64")) for _ in range(2))
    alarms = [guard.see(10_000 * n, marked | {"kid": 1 / n}) for n in range(1, 6)]
    assert [alarm.kind for alarm in alarms if alarm] == ["stamped"]
    assert not any(clean.see(10_000 * n, fine | {"kid": 1 / n}) for n in range(1, 6))


def test_the_probe_tells_what_a_distance_of_features_does_not_see(thumbnails):
    """Noise of a few levels leaves thumbnails as they are; formulas see it."""
    originals, samples = wall(0, 150), wall(1000, 150)
    noisy = samples + np.random.default_rng(0).integers(-12, 13, samples.shape)
    noisy = np.clip(noisy, 0, 255).astype(np.uint8)
    judge = Judge(originals, thumbnails, probe=True)
    assert judge.by == "told_apart"
    fine, found = judge.judge(samples), judge.judge(noisy)
    assert found["kid"] == pytest.approx(fine["kid"], abs=2 * fine["kid_error"])
    assert found["told_apart"] > 0.8 > fine["told_apart"] + 0.1
    assert 0.4 < judge.scale["told_apart_floor"] < 0.6
    assert 0 < fine["told_apart_error"] < 0.1
    assert "told_apart" not in Judge(originals, thumbnails).judge(samples)
