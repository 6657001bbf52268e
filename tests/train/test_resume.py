"""A run that was killed, stopped or broken off goes on to the very same weights."""

import shutil
import signal
import time
from pathlib import Path

import pytest
import torch

from impasto import recipes
from impasto.config import change
from impasto.core.checkpoints import read_checkpoint
from impasto.core.device import choose_device
from impasto.core.runs import Run, read_lines
from impasto.train.training import run_training
from tests.children import Child, ended
from tests.conftest import TINY_OPTIONS
from tests.train.test_anchors import needs_dino

IMAGES = 240


def begun(paintings: Path, out: Path, *more: object) -> Child:
    every_step = ["--set", "training.checkpoint_minutes=0"]
    options = [*TINY_OPTIONS, "--images", IMAGES, "--precision", "fp32", "--out", out]
    return Child("train", paintings, *options, *every_step, *more)


def final(out: Path) -> dict:
    (*_, last) = Run(out).checkpoints()
    return read_checkpoint(last)


def assert_equal(ours, theirs, where: str = "") -> None:
    """Equal to the bit, tensors and plain values alike; time is allowed to differ."""
    if isinstance(ours, torch.Tensor):
        assert torch.equal(ours, theirs), where
    elif isinstance(ours, dict):
        assert ours.keys() == theirs.keys(), where
        for key in ours:
            if key != "seconds":
                assert_equal(ours[key], theirs[key], f"{where}/{key}")
    elif isinstance(ours, list | tuple):
        assert len(ours) == len(theirs), where
        for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_equal(a, b, f"{where}[{number}]")
    else:
        assert ours == theirs, where


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """A run that nothing disturbed, and the pictures that it learnt from."""
    from impasto.core.images import save
    from impasto.data.colourfield import paint

    folder = tmp_path_factory.mktemp("resume")
    paintings = folder / "paintings"
    for seed in range(10):
        save(paint(seed, 48), paintings / f"{seed}.png")
    out = folder / "whole"
    status, said = ended(begun(paintings, out))
    assert status == 0, said
    return paintings, out


@pytest.mark.slow
def test_killed_at_any_moment_it_resumes_to_the_bit(uninterrupted, tmp_path):
    paintings, whole = uninterrupted
    out = tmp_path / "killed"
    kills = 0
    for wait in (3, 9):  # checkpoints seen before the axe falls
        process = begun(paintings, out)
        seen = Run(out).checkpoints()
        target = (int(seen[-1].stem) if seen else 0) + 4 * wait
        while process.poll() is None:
            kept = Run(out).checkpoints()
            if kept and int(kept[-1].stem) >= target:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.002)
        process.wait()
    assert kills == 2
    assert int(Run(out).checkpoints()[-1].stem) < IMAGES
    status, said = ended(begun(paintings, out))
    assert status == 0, said
    assert "Resuming" in said
    assert_equal(final(out), final(whole))
    assert (out / "best/generator.safetensors").read_bytes() == (
        whole / "best/generator.safetensors"
    ).read_bytes()
    rows = [row["images"] for row in read_lines(Run(out).stats)]
    assert rows == sorted(set(rows))  # no line twice
    assert rows == [row["images"] for row in read_lines(Run(whole).stats)]


@pytest.mark.slow
def test_ctrl_c_saves_says_how_to_go_on_and_goes_on_to_the_bit(uninterrupted, tmp_path):
    paintings, whole = uninterrupted
    out = tmp_path / "stopped"
    process = begun(paintings, out)
    while process.poll() is None and len(Run(out).checkpoints()) < 2:
        time.sleep(0.002)
    assert process.poll() is None, process.said()
    process.send_signal(signal.SIGINT)
    status, said = ended(process)
    assert status == 130
    assert "Stopped" in said
    assert "Traceback" not in said
    status, said = ended(begun(paintings, out))
    assert status == 0, said
    assert_equal(final(out), final(whole))


@needs_dino
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_default_recipe_resumes_to_the_bit(precision, run, dataset, tmp_path):
    """With both critics, noise, a stamp, a flat field and falling rates: `TINY` has few of them."""
    small = {"size": 32, "generator_width": 4, "discriminator_width": 4, "features_size": 64}
    knobs = {f"model.{name}": value for name, value in small.items()}
    knobs |= {"training.batch": 4, "training.images": 32, "training.judge_every": None}
    knobs |= {"training.checkpoint_minutes": 0.0, "training.keep": 9, "training.sample_every": 32}
    config, device = change(recipes.load("impasto-64"), knobs), choose_device("cpu", precision)
    assert config.model.dinov2_every == 3
    run_training(config, dataset, run, device, judge=None)
    cut = Run(tmp_path / "cut")
    shutil.copytree(run.folder, cut.folder)
    for path in cut.checkpoints():
        if int(path.stem) > 20:  # in the middle of the three steps of which one is DINOv2's
            path.unlink()
    run_training(config, dataset, cut, device, judge=None)
    assert "Resuming" in cut.log.read_text()
    assert_equal(read_checkpoint(cut.checkpoint(32)), read_checkpoint(run.checkpoint(32)))


def test_a_finished_run_says_so_and_trains_on_when_asked_for_more(uninterrupted, tmp_path):
    paintings, whole = uninterrupted
    status, said = ended(begun(paintings, whole))
    assert status == 0
    assert "is complete" in said
    longer = tmp_path / "longer"
    shutil.copytree(whole, longer)
    status, said = ended(begun(paintings, longer, "--images", IMAGES + 8))
    assert status == 0, said
    assert f"from {IMAGES} images" in said
    assert final(longer)["progress"]["images"] == IMAGES + 8


def test_other_settings_in_the_same_folder_are_refused(uninterrupted):
    paintings, whole = uninterrupted
    status, said = ended(begun(paintings, whole, "--set", "optimiser.g_lr=0.01"))
    assert status == 1
    assert "optimiser.g_lr" in said
    assert "--out" in said
    assert len(said.strip().splitlines()) == 1
