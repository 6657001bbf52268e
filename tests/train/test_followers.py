"""Two processes judge, draw, settle and go back as one does."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from impasto import recipes
from impasto.config import change
from impasto.core.checkpoints import read_checkpoint
from impasto.core.device import choose_device
from impasto.core.runs import Run, read_lines
from impasto.data.dataset import DatasetWriter, open_dataset
from impasto.metrics.features import Extractor
from impasto.metrics.judge import Judge
from impasto.train import followers, guard
from impasto.train.loop import GoneBack
from impasto.train.training import run_training
from tests.conftest import TINY
from tests.core.test_together import launched

pytestmark = pytest.mark.slow

KNOBS = TINY | {
    "training.images": 160,
    "training.checkpoint_minutes": 0.0,
    "training.keep": 99,
    "training.judge_every": 80,
    "training.judge_share": 1.0,
    "training.sample_every": 80,
    "training.ema_half_life": 100.0,
    "training.settle": True,
    "optimiser.g_lr": 1e-4,
    "optimiser.d_lr": 1e-4,
}


def thumbnails(pictures: np.ndarray) -> np.ndarray:
    """Features that need no network."""
    count, side = len(pictures), pictures.shape[1] // 4
    coarse = pictures.reshape(count, 4, side, 4, side, 3).mean((2, 4))
    return coarse.reshape(count, -1).astype(np.float32) / 255


def play(folder: Path, name: str) -> None:
    """One training with a judge, and one that a guard takes back."""
    dataset, device = open_dataset(folder / "set"), choose_device("cpu", "fp32")
    config = change(recipes.load("dcgan-tutorial-64"), KNOBS)
    judge = Judge(dataset, Extractor("thumbnails", 48, thumbnails), 70)
    run_training(config, dataset, Run(folder / name), device, judge=judge)
    rescued = Run(folder / f"{name}-rescued")

    def fails_later(self: object, images: int, numbers: object) -> bool:
        return images > 80 and not rescued.rescued()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard.Guard, "_collapsed", fails_later)
        patch.setattr(guard.Guard, "_words", lambda self, kind, since: f"Wrong at {since}.")
        run_training(config, dataset, rescued, device, judge=None, guard="rescue")


SIDE = """
import sys
from pathlib import Path
import torch
from impasto.core.together import RANKS
from tests.train.test_followers import play
torch.set_num_threads(1)
RANKS.join(torch.device("cpu"))
play(Path(sys.argv[1]), "two")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """With both trainings of one process and of two."""
    folder = tmp_path_factory.mktemp("followers")
    chance = np.random.default_rng(0)
    with DatasetWriter(folder / "set", 32, 32) as writer:
        for number in range(80):
            writer.add(chance.integers(0, 256, (32, 32, 3), np.uint8), str(number), "")
        writer.finish("noise", fit="none", filter="none", source="noise", options={})
    (folder / "side.py").write_text(SIDE)
    launched(folder / "side.py", folder)
    play(folder, "one")
    return folder


def test_sheets_and_judgements_are_those_of_one(folder):
    one, two = Run(folder / "one"), Run(folder / "two")
    for ours, theirs in zip(one.samples(), two.samples(), strict=True):
        assert ours.name == theirs.name
        pair = (np.asarray(Image.open(path), int) for path in (ours, theirs))
        assert np.abs(np.subtract(*pair)).max() <= 2
    rows = zip(read_lines(one.metrics), read_lines(two.metrics), strict=True)
    for ours, theirs in rows:
        assert ours["images"] == theirs["images"]
        for key in ("kid", "kid_error", "diversity", "nearness", "copies"):
            assert theirs[key] == pytest.approx(ours[key], rel=2e-2, abs=2e-3), key
    assert len(read_lines(one.metrics)) == 2


def test_all_go_back_together(folder):
    one, two = Run(folder / "one-rescued"), Run(folder / "two-rescued")
    (ours,), (theirs,) = one.rescued(), two.rescued()
    assert ours == theirs
    assert ours["images"] == 80
    assert "Back to 80 images" in two.log.read_text()
    for kind in ("networks", "averages"):
        one_has, two_has = (read_checkpoint(run.checkpoint(160))[kind] for run in (one, two))
        from_here = read_checkpoint(one.checkpoint(80))[kind]
        for name, network in one_has.items():
            for key, value in network.items():
                near = torch.allclose(value, two_has[name][key], rtol=1e-2, atol=2e-3)
                assert near, (name, key)
            apart, moved = mean_apart(network, two_has[name]), mean_apart(network, from_here[name])
            assert apart < 0.01 * moved, (kind, name)


def mean_apart(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> float:
    """How far the trained weights of a network are from others."""
    names = [key for key in ours if "running" not in key and "num_batches" not in key]
    apart = [(ours[key] - theirs[key]).abs().flatten() for key in names]
    return torch.cat(apart).mean().item()


def test_a_follower_takes_the_leaders_time_after_a_rescue(folder, monkeypatch):
    """Its checkpoint has the time of before, and lengths and rates depend on the time."""
    dataset, device = open_dataset(folder / "set"), choose_device("cpu", "fp32")
    config = change(recipes.load("dcgan-tutorial-64"), KNOBS)
    times, seen = iter([5.0, 70.0]), []
    monkeypatch.setattr(
        followers.RANKS, "meet_at", lambda images, seconds, *_: (False, next(times))
    )

    def goes_back_once(state, *_):
        seen.append(state.seconds)
        if len(seen) == 1:
            raise GoneBack

    monkeypatch.setattr(followers, "train", goes_back_once)
    followers.follow(config, dataset, Run(folder / "one"), device, "rescue")
    assert seen == [5.0, 70.0]
