"""Batches: every picture once a pass, the same on every visit, and only a batch in memory."""

from pathlib import Path

import numpy as np
import pytest
import torch

from impasto.data.loader import Batches, to_pictures, to_tensor
from impasto.errors import ImpastoError
from tests.children import Child


@pytest.fixture
def numbered() -> np.ndarray:
    """Ten pictures; picture n is n everywhere but in its left column, which is 100 + n."""
    pictures = np.stack([np.full((3, 4, 3), number, np.uint8) for number in range(10)])
    pictures[:, :, 0] += 100
    return pictures


def test_a_pass_shows_every_picture_once(numbered):
    batches = Batches(numbered, 4, seed=1)
    shown = np.concatenate([batches.at(at)[:, 0, 1, 0] for at in range(0, 20, 4)])
    assert sorted(shown[:10]) == list(range(10))
    assert sorted(shown[10:]) == list(range(10))
    assert list(shown[:10]) != list(shown[10:])


def test_drawn_with_replacement_a_pass_misses_some_and_repeats_others(numbered):
    batches = Batches(numbered, 5, seed=1, replacement=True)
    shown = [batches.at(at)[:, 0, 1, 0] for at in range(0, 20_000, 5)]
    assert any(len(set(a) | set(b)) < 10 for a, b in zip(shown[::2], shown[1::2], strict=True))
    assert np.bincount(np.concatenate(shown), minlength=10) == pytest.approx(2_000, rel=0.1)
    again = Batches(numbered, 5, seed=1, replacement=True)
    assert np.array_equal(again.at(19_995)[:, 0, 1, 0], shown[-1])


def test_a_batch_depends_on_seed_and_position_alone(numbered):
    forwards = Batches(numbered, 4, seed=1, flip=True)
    earlier = [forwards.at(at) for at in range(0, 40, 4)]
    jumped = Batches(numbered, 4, seed=1, flip=True).at(36)
    assert np.array_equal(jumped, earlier[9])
    assert not np.array_equal(
        Batches(numbered, 4, seed=2).at(0), Batches(numbered, 4, seed=1).at(0)
    )


def test_a_batch_larger_than_the_set_wraps_around(numbered):
    shown = Batches(numbered, 25, seed=0).at(0)[:, 0, 1, 0]
    assert sorted(shown[:10]) == sorted(shown[10:20]) == list(range(10))


def test_about_half_are_mirrored_and_the_set_itself_never(numbered):
    before = numbered.copy()
    batches = Batches(numbered, 10, seed=0, flip=True)
    mirrored = [batches.at(at)[:, 0, 0, 0] < 100 for at in range(0, 1_000, 10)]
    assert 0.45 < np.mean(mirrored) < 0.55
    assert np.array_equal(numbered, before)


def test_sixfold_shows_a_picture_in_six_positions_and_leaves_the_set_alone():
    whole = np.array([[0, 1], [2, 3]], np.uint8)
    by_hand = {
        "as it is": (0, 1, 2, 3),
        "mirrored": (1, 0, 3, 2),
        "upside down in a mirror": (2, 3, 0, 1),
        "a quarter to the left": (1, 3, 0, 2),
        "half round": (3, 2, 1, 0),
        "a quarter to the right": (2, 0, 3, 1),
    }
    pictures = np.repeat(whole[None, :, :, None], 3, axis=3)
    before = pictures.copy()
    batches = Batches(pictures, 30, seed=0, sixfold=True)
    shown = np.concatenate([batches.at(at)[..., 0].reshape(-1, 4) for at in range(0, 1200, 30)])
    seen, counts = np.unique(shown, axis=0, return_counts=True)
    assert set(map(tuple, seen.tolist())) == set(by_hand.values())
    assert counts.min() > 140  # of 1200, a sixth each
    assert np.array_equal(pictures, before)
    assert np.array_equal(Batches(pictures, 30, seed=0, sixfold=True).at(30), batches.at(30))
    with pytest.raises(ImpastoError, match=r"data\.sixfold .* not 4×3"):
        Batches(np.zeros((1, 3, 4, 3), np.uint8), 1, seed=0, sixfold=True)


def test_pixels_become_numbers_from_minus_one_to_one_and_come_back():
    pictures = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    tensor = to_tensor(pictures, torch.device("cpu"))
    assert tensor.shape == (1, 3, 16, 16)
    assert (tensor.min(), tensor.max()) == (-1.0, 1.0)
    assert tensor.is_contiguous(memory_format=torch.channels_last)
    assert np.array_equal(to_pictures(tensor), pictures)


def test_values_out_of_range_are_clamped_not_wrapped():
    wild = torch.tensor([-5.0, 5.0]).reshape(2, 1, 1, 1).expand(2, 3, 1, 1)
    assert to_pictures(wild).reshape(2, 3).tolist() == [[0, 0, 0], [255, 255, 255]]


MEASURED = """
import sys
import numpy as np
from impasto.data.loader import Batches

def kilobytes(name):
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])

pictures = np.load(sys.argv[1], mmap_mode="r")
Batches(pictures[:64], 64, seed=0, flip=True, sixfold=True).at(0)  # what numpy itself needs
before = kilobytes("RssAnon")
batches, peak = Batches(pictures, 64, seed=0, flip=True, sixfold=True), 0
for at in range(0, 64 * 60, 64):
    batches.at(at)
    peak = max(peak, kilobytes("RssAnon"))
print(peak - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_memory_does_not_grow_with_the_number_of_pictures(tmp_path):
    count, size = 100_000, 64  # 1.2 GB of holes on disk
    np.lib.format.open_memmap(
        tmp_path / "pictures.npy", mode="w+", dtype=np.uint8, shape=(count, size, size, 3)
    )
    (tmp_path / "measured.py").write_text(MEASURED)
    child = Child(tmp_path / "pictures.npy", script=tmp_path / "measured.py")
    assert child.wait() == 0, child.said()
    assert int(child.told()) < 20_000


def test_held_out_pictures_are_never_shown(numbered):
    only = np.array([1, 4, 7])
    batches = Batches(numbered, 2, seed=0, only=only)
    shown = {int(picture[0, 0, 0]) for n in range(20) for picture in batches.at(2 * n)}
    assert shown == {int(picture[0, 0, 0]) for picture in numbered[only]}
