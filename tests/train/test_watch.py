"""What a training does when the guard calls: warn, stop, go back and change, look away."""

import json

import pytest
import torch

from impasto import recipes
from impasto.config import Config, change
from impasto.core.checkpoints import read_checkpoint
from impasto.core.device import choose_device
from impasto.core.images import is_whole
from impasto.core.runs import Run
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.train import guard as guarding
from impasto.train import resume
from impasto.train.resume import after_rescues
from impasto.train.session import Outcome
from impasto.train.state import State
from impasto.train.training import run_training
from tests.conftest import TINY

LONG = TINY | {"training.images": 160, "training.checkpoint_minutes": 0.0}


def train(run: Run, dataset: Dataset, mode: str, config: Config | None = None) -> Outcome:
    config = config or change(recipes.load("dcgan-tutorial-64"), LONG)
    device = choose_device("cpu", "fp32")
    return run_training(config, dataset, run, device, judge=None, guard=mode)


@pytest.mark.usefixtures("alarmed")
def test_warned_it_goes_on_to_its_end(run, dataset):
    assert train(run, dataset, "warn").finished
    (alarm,) = map(json.loads, run.alarms.read_text().splitlines())
    assert alarm["kind"] == "collapsed"
    assert alarm["words"] in run.log.read_text()


@pytest.mark.usefixtures("alarmed")
def test_told_to_stop_it_saves_and_says_why_and_can_go_on(run, dataset):
    outcome = train(run, dataset, "stop")
    assert not outcome.finished
    assert "less varied" in outcome.alarm
    assert run.checkpoints()[-1] == run.checkpoint(outcome.images)
    assert train(run, dataset, "warn").finished


@pytest.mark.usefixtures("alarmed")
def test_told_to_stop_once_more_it_stops_again(run, dataset):
    first = train(run, dataset, "stop")
    again = train(run, dataset, "stop")
    assert not again.finished
    assert "less varied" in again.alarm
    assert first.images < again.images < 160


@pytest.mark.usefixtures("alarmed")
def test_a_run_that_was_only_warned_is_rescued_by_the_same_command(run, dataset):
    config = change(recipes.load("dcgan-tutorial-64"), LONG | {"training.images": 80})
    assert train(run, dataset, "warn", config).finished
    assert len(run.alarmed()) == 1
    assert train(run, dataset, "rescue").finished
    assert run.rescued()


@pytest.mark.usefixtures("alarmed")
def test_rescued_it_plays_on_with_other_knobs_and_at_most_three_times(run, dataset):
    outcome = train(run, dataset, "rescue")
    assert outcome.finished
    rows = run.rescued()
    assert len(rows) == guarding.MOST_RESCUES
    assert rows[0]["changes"]["augment.policy"] == ["colour", "translation", "cutout"]
    begun = recipes.load(str(run.recipe))
    assert begun.augment.policy == ()  # recipe.yaml stays what was asked for
    # The second begins anew with what the first has changed, the third with more.
    assert [row["images"] for row in rows[1:]] == [0, 0]
    assert rows[1]["changes"] == {}
    assert after_rescues(begun, run).optimiser.d_lr == begun.optimiser.d_lr / 4
    assert "Back to 0 images, and on with the changes so far." in run.log.read_text()


@pytest.mark.usefixtures("alarmed")
def test_with_less_than_half_of_the_minutes_left_nothing_begins_anew(run, dataset, monkeypatch):
    monkeypatch.setattr(resume, "_has_time", lambda *_: False)
    assert train(run, dataset, "rescue").finished
    assert all(row["changes"] for row in run.rescued())


def test_half_of_the_minutes_is_time_enough():
    config = change(recipes.load("quick-64"), {"training.minutes": 10})
    state = State(torch.device("cpu"), {}, {})
    state.seconds = 299
    assert resume._has_time(config, state)
    state.seconds = 301
    assert not resume._has_time(config, state)
    by_images = {"training.minutes": None, "training.images": 100}
    assert resume._has_time(change(config, by_images), state)


def test_it_goes_back_to_the_last_healthy_checkpoint(run, dataset, monkeypatch):
    seen = {"n": 0}

    def fails_later(self, images, numbers):
        seen["n"] += 1
        return images > 80 and len(run.rescued()) == 0

    monkeypatch.setattr(guarding.Guard, "_collapsed", fails_later)
    monkeypatch.setattr(
        guarding.Guard, "_words", lambda self, kind, since: f"It went wrong at {since}."
    )
    assert train(run, dataset, "rescue").finished
    (row,) = run.rescued()
    assert row["images"] == 80
    assert row["after"] > 80
    assert f"Back to {row['images']} images" in run.log.read_text()


@pytest.mark.usefixtures("alarmed")
def test_looking_away_writes_nothing(run, dataset):
    assert train(run, dataset, "off").finished
    assert not run.alarms.exists()


def test_numbers_that_are_none_end_it_or_are_rescued(run, dataset, tmp_path):
    wild = LONG | {"loss.r1": 1e38}  # its gradient is infinite, so the next loss is none
    config = change(recipes.load("dcgan-tutorial-64"), wild)
    with pytest.raises(ImpastoError, match="NaN"):
        train(run, dataset, "warn", config)
    assert run.report.exists()
    again = Run(tmp_path / "again")
    with pytest.raises(ImpastoError, match="NaN"):
        train(again, dataset, "rescue", config)
    assert [row["kind"] for row in again.rescued()] == ["not-a-number"] * 3


def test_sheets_by_the_clock_change_nothing_but_what_there_is_to_see(dataset, tmp_path, tiny):
    weights = []
    for name, every in (("few", None), ("many", 4)):
        run = Run(tmp_path / name)
        config = change(tiny, {"training.images": 48, "training.sample_every": every})
        train(run, dataset, "off", config)
        saved = read_checkpoint(run.checkpoints()[-1])
        weights.append({**saved["networks"]["generator"], **saved["averages"]["generator"]})
    assert len(Run(tmp_path / "few").samples()) < len(Run(tmp_path / "many").samples()) == 12
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


@pytest.mark.usefixtures("alarmed")
def test_a_new_length_of_a_rescued_run_is_noted_as_of_any_other(run, dataset):
    config = change(recipes.load("dcgan-tutorial-64"), LONG)
    train(run, dataset, "rescue", config)
    longer = change(config, {"training.images": 200, "training.keep": 9})
    train(run, dataset, "rescue", longer)
    assert recipes.load(str(run.recipe)) == longer  # without what the rescues have changed


@pytest.mark.parametrize(
    "damaged", ["samples/*.png", "reals.png", "best/model.json", "stats.jsonl", "report.html"]
)
@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\nhalf of it"])
def test_what_can_be_made_again_ends_no_training_when_it_is_damaged(run, dataset, damaged, content):
    config = change(recipes.load("dcgan-tutorial-64"), LONG | {"training.images": 16})
    train(run, dataset, "warn", config)
    (file, *_) = run.folder.glob(damaged)
    file.write_bytes(content)
    longer = change(config, {"training.images": 24})
    assert train(run, dataset, "warn", longer).finished
    assert run.report.stat().st_size > 1000
    assert is_whole(run.reals)
    assert "dcgan" in (run.best / "model.json").read_text()
