"""All decisions before a run."""

import pytest

from impasto import recipes
from impasto.config import Config, change
from impasto.core.device import choose_device
from impasto.core.files import write_text
from impasto.errors import ImpastoError
from impasto.train import decide, resolve
from impasto.train.resolve import configure
from tests.train.test_watch import LONG, train


@pytest.mark.usefixtures("alarmed")
def test_a_rescued_run_goes_on_by_the_same_command(run, dataset):
    train(run, dataset, "rescue")
    config = configure("dcgan-tutorial-64", LONG | {"training.images": 200}, run)
    outcome = train(run, dataset, "rescue", config)
    assert outcome.finished
    assert outcome.images == 200


ANCHORED = {"model.dinov2_every": 2, "loss.anchors": 3.0, "training.batch": 8}


@pytest.fixture
def weights_are_missing(monkeypatch):
    monkeypatch.setattr(decide, "is_installed", lambda: False)
    monkeypatch.setattr(resolve, "is_installed", lambda: False)


def begin(run, recipe, settings) -> Config:
    """The configuration of a new run, which is noted as its own."""
    config = configure(recipe, settings, run)
    decided = decide.apply(config, decide.decide(config, 100, choose_device("cpu")))
    write_text(run.recipe, recipes.dump(decided))
    return decided


@pytest.mark.usefixtures("weights_are_missing")
@pytest.mark.parametrize("own", [True, False])
def test_without_dinov2_the_same_command_goes_on_without_it(run, own, tmp_path, capsys):
    mine, settings = tmp_path / "mine.yaml", dict(ANCHORED)
    if own:
        write_text(mine, recipes.dump(change(recipes.load("impasto-64"), settings)))
        settings = {}
    recipe = str(mine) if own else None
    begun = begin(run, recipe, settings)
    assert (begun.model.dinov2_every, begun.loss.anchors) == (0, 0)
    assert configure(recipe, settings, run) == begun
    assert "without the second critic, as it began" in capsys.readouterr().err


def test_once_dinov2_is_there_a_recipes_critic_stays_off_and_a_setting_is_refused(
    run, tmp_path, monkeypatch
):
    mine = tmp_path / "mine.yaml"
    write_text(mine, recipes.dump(change(recipes.load("impasto-64"), ANCHORED)))
    with monkeypatch.context() as patch:
        patch.setattr(decide, "is_installed", lambda: False)
        begun = begin(run, str(mine), {})
    monkeypatch.setattr(resolve, "is_installed", lambda: True)
    assert configure(str(mine), {}, run) == begun
    with pytest.raises(ImpastoError, match=r"begun with model\.dinov2_every = 0, not 3"):
        configure("impasto-64", {"model.dinov2_every": 3, "training.batch": 8}, run)


def test_a_new_run_is_refused_an_ignored_knob_and_an_old_one_goes_on(run):
    settings = {"model.noise": True}
    with pytest.raises(ImpastoError, match=r"--set model\.noise=True: it has no effect in dcgan"):
        configure("dcgan-tutorial-64", settings, run)
    old = change(recipes.load("dcgan-tutorial-64"), settings)
    write_text(run.recipe, recipes.dump(old))
    assert configure("dcgan-tutorial-64", settings, run) == old
