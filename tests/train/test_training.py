"""A run from its first step to its last word."""

import json
import os
import signal
from typing import ClassVar

import pytest
import torch

from impasto import recipes
from impasto.config import change
from impasto.core.checkpoints import read_card
from impasto.core.console import track
from impasto.core.device import choose_device
from impasto.core.runs import Run, read_lines
from impasto.errors import ImpastoError
from impasto.train import training
from impasto.train.training import run_training
from tests.train.test_watch import LONG, train


def test_too_little_memory_is_one_sentence_that_keeps_what_is_learnt(run, dataset, monkeypatch):
    def enormous(*_: object) -> None:
        torch.empty(10**15)  # what PyTorch raises of itself on a CPU

    config = change(recipes.load("dcgan-tutorial-64"), LONG)
    with monkeypatch.context() as patch:
        patch.setattr(training, "train", enormous)
        with pytest.raises(ImpastoError, match=r"too little free memory .* --out ANOTHER") as first:
            train(run, dataset, "warn", config)
    assert "--from" not in str(first.value)  # nothing is learnt yet
    assert run.report.exists()
    train(run, dataset, "warn", change(config, {"training.images": 8}))
    monkeypatch.setattr(training, "train", enormous)
    with pytest.raises(ImpastoError, match=r"too little free memory .* --from .* --out ANOTHER"):
        train(run, dataset, "warn", config)
    monkeypatch.setattr(training, "train", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(run, dataset, "warn")


class StoppedJudge:
    """Judges until somebody presses Ctrl-C in the middle of it."""

    name, count, by, asked = "KID-none", 64, "kid", 1
    scale: ClassVar[dict[str, float]] = {}

    def judge(self, fakes):
        if self.asked:
            self.asked -= 1
            os.kill(os.getpid(), signal.SIGINT)
            list(track(range(9), "Looking", 9, quiet=True))
            raise AssertionError("it was not broken off")
        return {"kid": float(fakes.mean()), "kid_error": 0.1, "diversity": 1.0}

    def nearest_sheet(self, fakes):
        return fakes[0]


def test_a_last_judgement_that_was_broken_off_is_made_by_the_same_command(run, dataset):
    config = change(recipes.load("dcgan-tutorial-64"), LONG | {"training.judge_every": 10**6})
    device, judge = choose_device("cpu", "fp32"), StoppedJudge()
    assert not run_training(config, dataset, run, device, judge=judge).finished
    assert read_lines(run.metrics) == []
    assert run.checkpoints()[-1] == run.checkpoint(160)
    outcome = run_training(config, dataset, run, device, judge=judge)
    assert (outcome.finished, outcome.images) == (True, 160)
    assert [row["images"] for row in read_lines(run.metrics)] == [160]
    assert (run.best / "model.json").exists()
    assert "its last judgement is missing" in run.log.read_text()
    before = run.metrics.read_text()
    assert run_training(config, dataset, run, device, judge=judge).finished
    assert run.metrics.read_text() == before


@pytest.mark.usefixtures("alarmed")
def test_an_alarm_in_the_last_hooks_of_a_finished_run_stops_nothing(run, dataset, tmp_path):
    config = change(recipes.load("dcgan-tutorial-64"), LONG)
    sooner = Run(tmp_path / "sooner")
    at = train(sooner, dataset, "stop", config).images
    assert "Stopped by the guard" in sooner.log.read_text()
    outcome = train(run, dataset, "stop", change(config, {"training.images": at}))
    assert run.alarmed()
    assert (outcome.finished, outcome.images) == (True, at)
    assert "Stopped by the guard" not in run.log.read_text()
    assert f"Done: {at} images" in run.log.read_text()


class ProbingJudge(StoppedJudge):
    """Its KID falls where its probe sees worse."""

    name, by, asked = "KID-lite2@128, chosen by the probe", "told_apart", 0
    found = 0.5

    def judge(self, fakes):
        self.found += 0.1
        return super().judge(fakes) | {
            "kid": 1 - self.found,
            "told_apart": self.found,
            "told_apart_error": 0.01,
        }


def test_a_last_snapshot_that_was_not_kept_is_kept_by_the_same_command(run, dataset):
    config = change(recipes.load("dcgan-tutorial-64"), LONG | {"training.judge_every": None})
    device = choose_device("cpu", "fp32")
    assert run_training(config, dataset, run, device, judge=None).finished
    written = (run.best / "generator.safetensors").read_bytes()
    card = json.loads((run.best / "model.json").read_text())
    # As if killed after the last checkpoint, before the last `best/`.
    (run.best / "model.json").write_text(json.dumps(card | {"images": 120}))
    (run.best / "generator.safetensors").write_bytes(written[:-4] + bytes(4))
    assert run_training(config, dataset, run, device, judge=None).images == 160
    assert read_card(run.best).images == 160
    assert "its last snapshot is not kept yet" in run.log.read_text()
    assert "judgement is missing" not in run.log.read_text()
    assert (run.best / "generator.safetensors").read_bytes() == written


def test_the_best_snapshot_is_the_one_that_the_probe_tells_least(run, dataset):
    config = change(
        recipes.load("dcgan-tutorial-64"),
        LONG | {"training.images": 32, "training.judge_every": 8, "training.judge_share": 1.0},
    )
    run_training(config, dataset, run, choose_device("cpu", "fp32"), judge=ProbingJudge())
    rows = read_lines(run.metrics)
    assert len(rows) > 1
    card = read_card(run.best)
    assert card.images == rows[0]["images"]
    assert card.judge == ProbingJudge.name
    assert "A probe tells 60% of pictures rightly" in run.log.read_text()
