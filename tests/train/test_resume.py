"""A run that was killed, stopped or broken off goes on to the very same weights."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from impasto.core.checkpoints import read_checkpoint
from impasto.core.runs import Run, read_lines
from tests.conftest import TINY_OPTIONS

IMAGES = 240


def command(paintings: Path, out: Path, *more: str) -> list[str]:
    every_step = ["--set", "training.checkpoint_minutes=0"]
    options = [*TINY_OPTIONS, "--images", str(IMAGES), "--precision", "fp32", "--out", str(out)]
    return [sys.executable, "-m", "impasto", "train", str(paintings), *options, *every_step, *more]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1"}


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
    subprocess.run(command(paintings, out), env=environment(), check=True, capture_output=True)
    return paintings, out


@pytest.mark.slow
def test_killed_at_any_moment_it_resumes_to_the_bit(uninterrupted, tmp_path):
    paintings, whole = uninterrupted
    out = tmp_path / "killed"
    kills = 0
    for wait in (3, 9):  # checkpoints seen before the axe falls
        process = subprocess.Popen(
            command(paintings, out), env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
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
    done = subprocess.run(
        command(paintings, out), env=environment(), check=True, capture_output=True, text=True
    )
    assert "Resuming" in done.stderr
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
    process = subprocess.Popen(
        command(paintings, out), env=environment(), text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    while process.poll() is None and len(Run(out).checkpoints()) < 2:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "Stopped" in said
    assert "Traceback" not in said
    done = subprocess.run(command(paintings, out), env=environment(), capture_output=True)
    assert done.returncode == 0
    assert_equal(final(out), final(whole))


def test_a_finished_run_says_so_and_trains_on_when_asked_for_more(uninterrupted, tmp_path):
    paintings, whole = uninterrupted
    again = subprocess.run(
        command(paintings, whole), env=environment(), capture_output=True, text=True
    )
    assert again.returncode == 0
    assert "is complete" in again.stderr
    longer = tmp_path / "longer"
    shutil.copytree(whole, longer)
    more = subprocess.run(
        command(paintings, longer, "--images", str(IMAGES + 8)),
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert more.returncode == 0, more.stderr
    assert f"from {IMAGES} images" in more.stderr
    assert final(longer)["progress"]["images"] == IMAGES + 8


def test_other_settings_in_the_same_folder_are_refused(uninterrupted):
    paintings, whole = uninterrupted
    other = command(paintings, whole, "--set", "optimiser.g_lr=0.01")
    done = subprocess.run(other, env=environment(), capture_output=True, text=True)
    assert done.returncode == 1
    assert "optimiser.g_lr" in done.stderr
    assert "--out" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
