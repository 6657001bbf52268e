"""`impasto train --processes`, and the same by `torchrun`: what a user sees, and what is there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from impasto.core.checkpoints import read_checkpoint
from impasto.core.runs import Run, read_lines
from tests.conftest import TINY_OPTIONS

TRAIN = ["-m", "impasto", "train", "colourfield:12", "--precision", "fp32", *TINY_OPTIONS]
OFTEN = ["--set", "training.checkpoint_minutes=0", "--set", "training.keep=99"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


def train(*words: object, folder: Path, python: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [sys.executable, *python, *TRAIN, *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, text=True, **pipes)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, said = process.communicate(timeout=240)
    return process.returncode, said


def assert_equal(one: Run, other: Run, images: int) -> None:
    ours, theirs = (read_checkpoint(run.checkpoint(images))["networks"] for run in (one, other))
    for name, network in ours.items():
        for key, value in network.items():
            assert torch.equal(value, theirs[name][key]), (name, key)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Run, str]:
    """A run of two processes that nothing disturbed, and what was said."""
    folder = tmp_path_factory.mktemp("whole")
    status, said = ended(train(*TWO, "--images", 400, "--out", folder / "run", folder=folder))
    assert status == 0, said
    return Run(folder / "run"), said


TWO = ["--processes", 2, *OFTEN, "--set", "optimiser.cool_from=null"]


def test_two_processes_make_one_run_and_one_of_them_speaks(whole):
    run, said = whole
    assert said.count("Training impasto-64 on 12 pictures") == 1
    assert said.count("Done: 400 images") == 1
    assert len(read_lines(run.stats)) == 100
    assert (run.best / "model.json").is_file()


def test_they_resume_to_the_bit(whole, tmp_path):
    run = Run(tmp_path / "run")
    for images in (16, 32):
        words = (*TWO, "--images", images, "--out", run.folder)
        assert ended(train(*words, folder=tmp_path))[0] == 0
    assert_equal(whole[0], run, 32)


@pytest.mark.parametrize("rank", ["0", "1"])
def test_whoever_is_killed_all_begin_again_and_end_as_if_nothing_had_been(whole, tmp_path, rank):
    torn = Run(tmp_path / "torn")
    process = train(*TWO, "--images", 400, "--out", torn.folder, folder=tmp_path)
    until = time.monotonic() + 120
    while len(torn.checkpoints()) < 4 and time.monotonic() < until:
        time.sleep(0.05)
    workers = psutil.Process(process.pid).children(recursive=True)
    (found,) = (each for each in workers if each.environ().get("RANK") == rank)
    assert not torn.checkpoint(400).exists()
    found.send_signal(signal.SIGKILL)
    status, said = ended(process)
    assert status == 0, said
    assert "Resuming" in torn.log.read_text()
    assert_equal(whole[0], torn, 400)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--set", "training.batch=5"], "batch of 5 pictures cannot be split evenly among 2"),
        (["--guard", "rescue"], "--guard rescue goes back in one process alone"),
        (["--set", "loss.r1=1e38"], "became NaN or infinite"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_not_tried_again(tmp_path, more, words):
    out = ["--processes", 2, "--images", 64, "--out", "run"]
    status, said = ended(train(*out, *more, folder=tmp_path))
    assert status == 1
    assert said.count("impasto: ") == said.count(words) == 1
    assert "Traceback" not in said


def test_a_stop_saves_and_the_same_command_goes_on(tmp_path):
    run = Run(tmp_path / "run")
    words = ["--processes", 2, "--images", 100_000, "--out", run.folder]
    process = train(*words, *OFTEN, "--set", "training.keep=1", folder=tmp_path)
    until = time.monotonic() + 120
    while not run.checkpoints() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    status, said = ended(process)
    assert status in (130, 143), said
    assert "run the same command again to resume" in run.log.read_text()


def test_two_launchers_find_each_other_as_nodes_do(tmp_path):
    """As Slurm or Kubernetes start it: one launcher a node, one rendezvous."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launcher = ("-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1")
    launcher += ("--rdzv-backend", "c10d", "--rdzv-endpoint", f"localhost:{port}")
    words = ["--images", 16, "--out", "run"]
    nodes = [train(*words, folder=tmp_path, python=(*launcher, "--rdzv-id", "a")) for _ in "ab"]
    for node in nodes:
        status, said = ended(node)
        assert status == 0, said
    assert "Done: 16 images" in Run(tmp_path / "run").log.read_text()
