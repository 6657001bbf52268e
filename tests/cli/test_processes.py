"""`impasto train --processes`, and the same by `torchrun`: what a user sees, and what is there."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
import torch

from impasto.core.checkpoints import read_checkpoint
from impasto.core.runs import Run, read_lines
from impasto.errors import PartedError
from tests.children import Child, ended, rank_variables, until
from tests.conftest import TINY_OPTIONS

pytestmark = pytest.mark.slow

TRAIN = ["train", "colourfield:12", "--precision", "fp32", *TINY_OPTIONS]
OFTEN = ["--set", "training.checkpoint_minutes=0", "--set", "training.keep=99"]
TWO = ["--processes", 2, *OFTEN, "--set", "optimiser.cool_from=null", "--images", 160]


def assert_equal(one: Run, other: Run, images: int) -> None:
    ours, theirs = (read_checkpoint(run.checkpoint(images))["networks"] for run in (one, other))
    for name, network in ours.items():
        for key, value in network.items():
            assert torch.equal(value, theirs[name][key]), (name, key)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Run, str]:
    """A run of two processes that nothing disturbed, and what was said."""
    folder = tmp_path_factory.mktemp("whole")
    status, said = ended(Child(*TRAIN, *TWO, "--out", folder / "run", folder=folder))
    assert status == 0, said
    return Run(folder / "run"), said


def test_two_processes_make_one_run_and_one_of_them_speaks(whole):
    run, said = whole
    assert said.count("Training impasto-64 on 12 pictures") == 1
    assert said.count("Done: 160 images") == 1
    assert len(read_lines(run.stats)) == 40
    assert (run.best / "model.json").is_file()


def test_whoever_is_killed_all_begin_again_and_end_as_if_nothing_had_been(whole, tmp_path):
    torn = Run(tmp_path / "torn")
    launcher = Child(*TRAIN, *TWO, "--out", torn.folder, folder=tmp_path)
    for number, rank in enumerate("01", 1):
        found, _ = workers(launcher, rank, torn)
        assert not torn.checkpoint(160).exists()
        found.kill()
        until(lambda times=number: torn.log.read_text().count("Resuming") >= times, 600)
    status, said = ended(launcher)
    assert status == 0, said
    assert_equal(whole[0], torn, 160)


def test_who_hangs_is_told_and_all_begin_again(tmp_path):
    run = Run(tmp_path / "run")
    patience = {"IMPASTO_PATIENCE": "20"}
    launcher = Child(*TRAIN, *TWO, "--out", run.folder, folder=tmp_path, more=patience)
    for number, rank in enumerate("01", 1):
        hanging, other = workers(launcher, rank, run)
        hanging.suspend()
        until(lambda gone=other: not gone.is_running(), 600)
        hanging.resume()  # else the launcher waits half a minute for its end
        until(lambda times=number: run.log.read_text().count("Resuming") >= times, 600)
    status, said = ended(launcher)
    assert status == 0, said
    assert said.count("has ended, or was silent for 20 seconds") >= 2
    assert run.checkpoint(160).exists()


def workers(launcher: Child, rank: str, run: Run) -> tuple[psutil.Process, psutil.Process]:
    """The one of a rank and the other of the two, once they have come some steps further."""
    before = len(run.checkpoints())
    until(lambda: len(run.checkpoints()) >= before + 2)
    both = psutil.Process(launcher.pid).children(recursive=True)
    found, other = sorted(both, key=lambda each: each.environ().get("RANK") != rank)
    return found, other


def test_what_cannot_be_is_one_sentence_and_not_tried_again(tmp_path):
    """A training that a rescue does not save ends as one that was asked for wrongly does."""
    words = ["--processes", 2, "--images", 64, "--out", "run"]
    words += ["--set", "loss.r1=1e38", "--guard", "rescue"]
    status, said = ended(Child(*TRAIN, *words, folder=tmp_path))
    assert status == 1
    assert said.count("impasto: ") == said.count("became NaN or infinite") == 1
    assert "Traceback" not in said
    assert len(Run(tmp_path / "run").rescued()) == 3


def test_a_stop_saves_and_the_same_command_goes_on_to_the_bit(whole, tmp_path):
    run = Run(tmp_path / "run")
    words = (*TRAIN, *TWO, "--out", run.folder)
    launcher = Child(*words, folder=tmp_path)
    until(run.checkpoints, 600)
    launcher.send_signal(signal.SIGTERM)
    status, said = ended(launcher)
    assert status == 130
    assert "torch/distributed" not in said
    assert "again to resume" in run.log.read_text()
    assert not run.checkpoint(160).exists()
    status, said = ended(Child(*words, folder=tmp_path))
    assert status == 0, said
    assert_equal(whole[0], run, 160)


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Run:
    """A run to begin from."""
    folder = tmp_path_factory.mktemp("base")
    run = Run(folder / "run")
    status, said = ended(Child(*TRAIN, "--images", 8, "--out", run.folder, folder=folder))
    assert status == 0, said
    return run


def test_two_processes_begin_from_a_generator_as_one_does(base, tmp_path):
    """The leader settles what it takes over while the other waits."""
    begin = ["--from", base.folder, "--images", 16, "--set", "training.settle=true"]
    for number in (1, 2):
        words = [*begin, "--processes", number, "--out", f"run-{number}"]
        status, said = ended(Child(*TRAIN, *words, folder=tmp_path))
        assert status == 0, said
    one, two = (read_lines(Run(tmp_path / f"run-{number}").stats) for number in (1, 2))
    assert [row["d_loss"] for row in one] == pytest.approx([row["d_loss"] for row in two], rel=1e-3)


def test_the_default_trains_in_two_processes(tmp_path):
    """Nothing made smaller: with its base, second critic, flat field and judge."""
    words = ["train", "colourfield:32", "--images", 64, "--processes", 2, "--out", "run"]
    status, said = ended(Child(*words, folder=tmp_path, more={"IMPASTO_PATIENCE": "60"}))
    assert status == 0, said
    assert "It begins from paintings-64" in said
    assert Run(tmp_path / "run").checkpoint(64).exists()


def test_nodes_that_do_not_share_the_folder_are_told(base, tmp_path):
    words = [*TRAIN, "--from", base.folder, "--images", 16]
    both = [
        Child(*words, "--out", f"run-{more['RANK']}", folder=tmp_path, more=more)
        for more in rank_variables(2)
    ]
    ends = [ended(each) for each in both]
    assert all(status != 0 for status, _ in ends)
    assert sum("the same weights: they do not see the same run folder" in each for _, each in ends)


def test_without_its_launcher_a_training_saves_and_ends(tmp_path):
    run = Run(tmp_path / "run")
    words = [*TRAIN, *TWO, "--images", 40_000, "--out", run.folder]
    launcher = Child(*words, folder=tmp_path)
    until(run.checkpoints, 600)
    both = psutil.Process(launcher.pid).children(recursive=True)
    psutil.Process(launcher.pid).kill()
    until(lambda: not any(each.is_running() for each in both), 60)
    assert "again to resume" in run.log.read_text()


def test_what_the_launcher_returns_does_not_depend_on_a_rank_around_it(tmp_path):
    """As where an operator or MPI has set it."""
    for rank in ("0", "1"):
        words = [*TRAIN, "--processes", 3, "--images", 8, "--out", "run"]
        status, said = ended(Child(*words, folder=tmp_path, more={"RANK": rank}))
        assert status == 1
        assert said.count("cannot be split evenly among 3 processes") == 1, said
        assert "Traceback" not in said


def test_where_nobody_answers_one_sentence_says_so(tmp_path):
    environment = os.environ | rank_variables(2, patience=3)[1]
    command = [sys.executable, "-m", "impasto", *TRAIN, "--images", "8", "--out", "run"]
    how = {"cwd": tmp_path, "capture_output": True, "text": True, "check": False}
    done = subprocess.run(command, env=environment, **how)
    assert done.returncode == PartedError.exit_status
    said = done.stderr
    assert said.count("\n") == said.count("did not find each other") == 1, said
    assert "MASTER_ADDR" in said


def test_two_numbers_of_processes_are_refused(tmp_path):
    words = [*TRAIN, "--processes", 4, "--images", 8, "--out", "run"]
    status, said = ended(Child(*words, folder=tmp_path, more=rank_variables(2)[0]))
    assert status == 1
    assert "--processes 4 beside torchrun, which has started 2" in said


def test_two_launchers_find_each_other_as_nodes_do(tmp_path):
    """As Slurm or Kubernetes start it: one launcher a node, one rendezvous."""
    port = rank_variables(2)[0]["MASTER_PORT"]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1"]
    launcher += ["--rdzv-backend=c10d", f"--rdzv-endpoint=localhost:{port}", "--rdzv-id=a"]
    command = [*launcher, "-m", "impasto", *TRAIN, "--images", "16", "--out", "run"]
    how = {"cwd": tmp_path, "stderr": subprocess.PIPE, "text": True}
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    nodes = [subprocess.Popen(command, env=environment, **how) for _ in "ab"]
    for node in nodes:
        _, said = node.communicate(timeout=900)
        assert node.returncode == 0, said
    assert "Done: 16 images" in Run(tmp_path / "run").log.read_text()


def test_nodes_with_other_settings_are_told_which(tmp_path):
    """One command on all nodes is what is meant; a typing mistake on one is found."""
    words = [*TRAIN, "--images", 16, "--out", "run"]
    mistyped = [[], ["--set", "optimiser.d_lr=0.00011"]]
    both = [
        Child(*words, *extra, folder=tmp_path, more=more)
        for extra, more in zip(mistyped, rank_variables(2), strict=True)
    ]
    ends = [ended(each) for each in both]
    assert all(status != 0 for status, _ in ends)
    assert sum("optimiser.d_lr is " in said for _, said in ends) == 1


def test_a_meeting_that_nobody_joins_ends_in_a_sentence(tmp_path):
    first, _ = rank_variables(2, patience=2)
    words = [*TRAIN, "--images", 8, "--out", "run"]
    status, said = ended(Child(*words, folder=tmp_path, more=first))
    assert status == 75
    assert said.count("impasto: ") == 1
    assert "2 processes did not find" in said
    assert "Traceback" not in said


def test_two_generate_the_files_of_one_also_where_one_is_killed(whole, tmp_path):
    run, _ = whole
    words = ["generate", run.folder, "--count", 300]
    status, said = ended(Child(*words, "--out", tmp_path / "1", folder=tmp_path))
    assert status == 0, said
    launcher = Child(*words, "--processes", 2, "--out", tmp_path / "2", folder=tmp_path)
    until(lambda: (tmp_path / "2").is_dir() and any((tmp_path / "2").iterdir()), 600)
    both = psutil.Process(launcher.pid).children(recursive=True)
    next(each for each in both if each.environ().get("RANK") == "1").kill()
    status, said = ended(launcher)
    assert status == 0, said
    assert "Traceback" not in said
    ours, theirs = (sorted((tmp_path / each).iterdir()) for each in "12")
    assert [file.name for file in ours] == [file.name for file in theirs]
    assert len(ours) >= 300
    for one, two in zip(ours, theirs, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_two_evaluate_as_one_does(whole, tmp_path):
    run, _ = whole
    found = []
    for count in (1, 2):
        words = ["evaluate", run.folder, "--count", 40, "--networks", "lite0"]
        words += ["--against", "colourfield:60"]
        words += ["--out", tmp_path / str(count), "--processes", count]
        status, said = ended(Child(*words, folder=tmp_path))
        assert status == 0, said
        found.append(json.loads((tmp_path / str(count) / "metrics.json").read_text()))
    for name, value in found[0]["metrics"].items():
        assert found[1]["metrics"][name] == pytest.approx(value, rel=1e-3, abs=1e-4), name


def test_generating_in_two_ends_by_ctrl_c(whole, tmp_path):
    run, _ = whole
    out = tmp_path / "out"
    words = ["generate", run.folder, "--count", 100_000, "--out", out, "--processes", 2]
    launcher = Child(*words, folder=tmp_path)
    until(lambda: out.is_dir() and any(out.iterdir()), 600)
    os.killpg(launcher.pid, signal.SIGINT)
    status, said = ended(launcher)
    assert "Traceback" not in said
    assert status == 130, said
