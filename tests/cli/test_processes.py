"""`impasto train --processes`, and the same by `torchrun`: what a user sees, and what is there."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import psutil
import pytest
import torch

from impasto.core.checkpoints import read_checkpoint
from impasto.core.runs import Run, read_lines
from tests.conftest import TINY_OPTIONS

TRAIN = ["-m", "impasto", "train", "colourfield:12", "--precision", "fp32", *TINY_OPTIONS]
OFTEN = ["--set", "training.checkpoint_minutes=0", "--set", "training.keep=99"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


def train(
    *words: object,
    folder: Path,
    python: tuple[str, ...] = (),
    more: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.Popen[str]:
    return begun(*python, *TRAIN, *words, folder=folder, more=more)


def begun(
    *words: object, folder: Path, more: Mapping[str, str] = MappingProxyType({})
) -> subprocess.Popen[str]:
    """Python with these words, in a group of processes of its own, as a terminal has it."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, *map(str, words)]
    return subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT | more, text=True, start_new_session=True, **pipes
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, said = process.communicate(timeout=900)
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
    found = worker(process, rank, torn)
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
        (["--set", "loss.r1=1e38"], "became NaN or infinite"),
        (["--set", "loss.r1=1e38", "--guard", "rescue"], "became NaN or infinite"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_not_tried_again(tmp_path, more, words):
    out = ["--processes", 2, "--images", 64, "--out", "run"]
    status, said = ended(train(*out, *more, folder=tmp_path))
    assert status == 1
    assert said.count("impasto: ") == said.count(words) == 1
    assert "Traceback" not in said
    assert len(Run(tmp_path / "run").rescued()) == (3 if "rescue" in more else 0)


@pytest.mark.parametrize("rank", ["0", "1"])
def test_who_hangs_is_told_and_all_begin_again(tmp_path, rank):
    run = Run(tmp_path / "run")
    words = (*TWO, "--images", 200, "--out", run.folder)
    process = train(*words, folder=tmp_path, more={"IMPASTO_PATIENCE": "20"})
    hanging = worker(process, rank, run)
    hanging.send_signal(signal.SIGSTOP)
    status, said = ended(process)
    assert status == 0, said
    assert "Another of the 2 processes has ended, or was silent for 20 seconds" in said
    assert "Resuming" in run.log.read_text()
    assert run.checkpoint(200).exists()


def worker(process: subprocess.Popen[str], rank: str, run: Run) -> psutil.Process:
    """One of those that train, once they have begun."""
    until = time.monotonic() + 600
    while len(run.checkpoints()) < 4 and time.monotonic() < until:
        time.sleep(0.05)
    workers = psutil.Process(process.pid).children(recursive=True)
    (found,) = (each for each in workers if each.environ().get("RANK") == rank)
    return found


def test_a_stop_saves_and_the_same_command_goes_on(tmp_path):
    run = Run(tmp_path / "run")
    words = ["--processes", 2, "--images", 100_000, "--out", run.folder]
    process = train(*words, *OFTEN, "--set", "training.keep=1", folder=tmp_path)
    until = time.monotonic() + 600
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


def test_nodes_with_other_settings_are_told_which(tmp_path):
    """One command on all nodes is what is meant; a typing mistake on one is found."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launcher = ("-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1")
    launcher += ("--rdzv-backend", "c10d", "--rdzv-endpoint", f"localhost:{port}")
    launcher += ("--rdzv-id", "b")
    words = ["--images", 16, "--out", "run"]
    nodes = [
        train(*words, *more, folder=tmp_path, python=launcher)
        for more in ((), ("--set", "optimiser.d_lr=0.00011"))
    ]
    said = [ended(node) for node in nodes]
    assert all(status != 0 for status, _ in said)
    assert sum("optimiser.d_lr is " in words for _, words in said) == 1


ALONE = """
import sys, os, torch
os.environ |= {"TORCHELASTIC_RUN_ID": "x", "WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0",
               "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": sys.argv.pop(1)}
from impasto.cli import main
main()
"""


def test_a_meeting_that_nobody_joins_ends_in_a_sentence(tmp_path):
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = begun(
        "-c", ALONE, port, *TRAIN[2:], "--images", 8, "--out", "run",
        folder=tmp_path, more={"IMPASTO_PATIENCE": "5"},
    )  # fmt: skip
    status, said = ended(process)
    assert status == 75
    assert said.count("impasto: ") == 1
    assert "The 2 processes did not find each other" in said
    assert "Traceback" not in said


GENERATE = ["-m", "impasto", "generate"]


def test_two_generate_the_files_of_one(whole, tmp_path):
    run, _ = whole
    for count in (1, 2):
        words = [run.folder, "--count", 70, "--out", tmp_path / str(count), "--processes", count]
        status, said = ended(begun(*GENERATE, *words, folder=tmp_path))
        assert status == 0, said
    ours, theirs = (sorted((tmp_path / each).iterdir()) for each in "12")
    assert [file.name for file in ours] == [file.name for file in theirs]
    assert len(ours) >= 70
    for one, two in zip(ours, theirs, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_two_evaluate_as_one_does(whole, tmp_path):
    run, _ = whole
    found = []
    for count in (1, 2):
        words = ["evaluate", run.folder, "--count", 40, "--networks", "lite0"]
        words += ["--against", "colourfield:60"]
        words += ["--out", tmp_path / str(count), "--processes", count]
        status, said = ended(begun("-m", "impasto", *words, folder=tmp_path))
        assert status == 0, said
        found.append(json.loads((tmp_path / str(count) / "metrics.json").read_text()))
    for name, value in found[0]["metrics"].items():
        assert found[1]["metrics"][name] == pytest.approx(value, rel=1e-3, abs=1e-4), name


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_generating_in_two_ends_by_ctrl_c_and_survives_a_kill(whole, tmp_path, how):
    run, _ = whole
    out, count = tmp_path / "out", 100_000 if how == signal.SIGINT else 300
    words = [run.folder, "--count", count, "--out", out, "--processes", 2]
    process = begun(*GENERATE, *words, folder=tmp_path)
    until = time.monotonic() + 600
    while not (out.is_dir() and any(out.iterdir())) and time.monotonic() < until:
        time.sleep(0.05)
    if how == signal.SIGINT:
        os.killpg(process.pid, how)
    else:
        workers = psutil.Process(process.pid).children(recursive=True)
        next(each for each in workers if each.environ().get("RANK") == "1").send_signal(how)
    status, said = ended(process)
    assert "Traceback" not in said
    assert status == (0 if how == signal.SIGKILL else 130), said
    assert how == signal.SIGINT or len(list(out.glob("*.png"))) == count
