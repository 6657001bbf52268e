"""The end of a training: the pattern that samples share is measured, of the last and the best."""

import pytest
import torch

from impasto import recipes
from impasto.config import Config, change
from impasto.core.checkpoints import read_artefact, read_checkpoint
from impasto.core.device import choose_device
from impasto.core.runs import Run
from impasto.data.dataset import Dataset
from impasto.metrics.judge import Judge
from impasto.prepare.feature_network import feature_network
from impasto.prepare.source import Data
from impasto.train import flattening
from impasto.train.loop import Length
from impasto.train.progress import LiveLine
from impasto.train.session import Outcome
from impasto.train.state import State
from impasto.train.training import run_training

PATTERN = "flat_field.pattern"

SMALL = {
    "model.size": 32,
    "model.latent": 8,
    "model.generator_width": 4,
    "model.discriminator_width": 4,
    "model.features_size": 64,
    "model.dinov2_every": 0,
    "training.batch": 4,
    "training.images": 8,
    "training.judge_every": 4,
    "training.judge_share": 1.0,
    "training.checkpoint_minutes": 0.0,
    "training.keep": 9,
}


@pytest.fixture(autouse=True)
def few(monkeypatch, request):
    """So many samples that a mean can be taken, not that it is a good one."""
    if "short" not in request.node.name:
        monkeypatch.setattr(flattening, "wanted", lambda images: 48)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Dataset:
    beside = tmp_path_factory.mktemp("set")
    return Data.parse("colourfield:12").open((32, 32), "crop", beside, feature_network())


def train(run: Run, dataset: Dataset, **knobs: object) -> Outcome:
    config: Config = change(recipes.load("impasto-64"), SMALL | knobs)
    judge = Judge(dataset.pictures, count=12)
    return run_training(config, dataset, run, choose_device("cpu", "fp32"), judge=judge)


def pattern_of(run: Run, images: int) -> torch.Tensor:
    return read_checkpoint(run.checkpoint(images))["averages"]["generator"][PATTERN]


def test_the_last_and_the_best_snapshot_have_a_pattern_and_none_before(dataset, tmp_path):
    run = Run(tmp_path / "run")
    assert train(run, dataset).finished
    assert not pattern_of(run, 4).any()
    assert pattern_of(run, 8).any()
    assert read_artefact(run.best)[1][PATTERN].any()


def test_its_progress_is_shown(dataset, tmp_path, monkeypatch):
    shares = []
    show = LiveLine._show

    def note(live, what, share, parts):
        if "pattern" in what:
            shares.append(share)
        show(live, what, share, parts)

    monkeypatch.setattr(LiveLine, "_show", note)
    train(Run(tmp_path / "run"), dataset)
    assert len(set(shares)) > 2  # not 0 % to the end
    assert shares[-1] > 0.9


def test_what_goes_on_knows_nothing_of_the_pattern_that_was(dataset, tmp_path):
    once, twice = Run(tmp_path / "once"), Run(tmp_path / "twice")
    longer = {"training.images": 16, "optimiser.cool_from": None}
    train(once, dataset, **longer)
    train(twice, dataset, **longer | {"training.images": 8})
    train(twice, dataset, **longer)
    assert not pattern_of(twice, 12).any()
    ended = [read_checkpoint(run.checkpoint(16))["averages"]["generator"] for run in (once, twice)]
    for name, value in ended[0].items():
        assert torch.equal(value, ended[1][name]), name


def test_one_that_was_killed_before_its_best_was_measured_is_not_done(
    dataset, tmp_path, monkeypatch
):
    run = Run(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(flattening, "best_is_flat", lambda *_: True)
        train(run, dataset, **{"training.judge_every": 4})
    card, weights = read_artefact(run.best)
    if card.images == 8:  # the last one is the best: it has it already
        assert weights[PATTERN].any()
    flattening.write_artefact(run.best, _without(run), card)
    assert train(run, dataset).finished
    assert "the pattern of its best snapshot is not subtracted yet" in run.log.read_text()
    assert read_artefact(run.best)[1][PATTERN].any()
    assert read_artefact(run.best)[0] == card


def test_a_short_training_is_not_held_up():
    assert [flattening.wanted(images) for images in (0, 8_000, 8_192, 24_000, 10**6)] == [
        *(0, 0, 1024, 3000, 6144),
    ]


def _without(run: Run) -> torch.nn.Module:
    network = flattening.load_generator(run.folder).network
    network.flat_field.pattern.zero_()
    return network


def test_the_best_snapshot_is_measured_where_the_training_runs(dataset, tmp_path, monkeypatch):
    run, found = Run(tmp_path / "run"), []
    with monkeypatch.context() as patch:
        patch.setattr(flattening, "best_is_flat", lambda *_: True)
        train(run, dataset)
    config = change(recipes.load("impasto-64"), SMALL)
    live = LiveLine(Length(images=8), State(torch.device("meta"), {}, {}))
    hook = flattening.flattening_hooks(config, run, live, ()).best
    monkeypatch.setattr(flattening, "best_is_flat", lambda *_: False)
    monkeypatch.setattr(
        flattening, "flatten", lambda network, *_: found.append(next(network.parameters()).device)
    )
    monkeypatch.setattr(flattening, "write_artefact", lambda *_: None)
    hook.run(State(torch.device("meta"), {}, {}, images=8), {})
    assert found == [torch.device("meta")]


def test_a_recipe_without_it_measures_nothing(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(flattening, "wanted", None)  # would raise
    run = Run(tmp_path / "run")
    assert train(run, dataset, **{"model.flat_field": False}).finished
    assert PATTERN not in read_artefact(run.best)[1]
