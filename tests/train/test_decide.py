"""What `auto` becomes, and that it stays so."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from impasto import recipes
from impasto.cli import app
from impasto.config import change, parse_config
from impasto.core.device import Device
from impasto.core.runs import Run
from impasto.errors import ImpastoError
from impasto.train.decide import (
    LARGEST_BATCH,
    SMALLEST_BATCH,
    apply,
    batch_for,
    decide,
    judge_network,
)
from tests.conftest import TINY_OPTIONS

CPU = Device(torch.device("cpu"), bf16=True)


def test_what_has_a_number_is_not_decided():
    assert decide(recipes.load("impasto-64"), 2_000, CPU) == []


def test_on_a_cpu_auto_is_what_the_default_recipe_says():
    config = change(recipes.load("impasto-64"), {"training.batch": "auto"})
    decisions = decide(config, 2_360, CPU)
    assert apply(config, decisions) == recipes.load("impasto-64")
    assert "on a CPU" in decisions[0].why


@given(
    side=st.sampled_from([32, 64, 96.5, 128, 256, 512, 1024]),
    count=st.none() | st.integers(1, 10**7),
    memory=st.none() | st.integers(2**30, 2**37),
)
def test_a_batch_is_a_power_of_two_within_bounds_and_falls_with_the_side(side, count, memory):
    batch, why = batch_for(side, count, memory)
    assert SMALLEST_BATCH <= batch <= LARGEST_BATCH
    assert batch & (batch - 1) == 0
    assert why
    assert batch_for(2 * side, count, memory)[0] <= batch
    if count is not None and count >= 4 * SMALLEST_BATCH:
        assert 4 * batch <= count


def test_a_larger_gpu_takes_more():
    small, large = (batch_for(512, None, gib * 2**30)[0] for gib in (4, 80))
    assert small < large


def test_what_was_decided_stays_when_the_run_goes_on(paintings, tmp_path, monkeypatch):
    out = ["--out", str(tmp_path / "r"), *TINY_OPTIONS, "--set", "training.batch=auto"]
    for images in ("8", "16"):
        done = CliRunner().invoke(app, ["train", str(paintings), "--images", images, *out])
        assert done.exit_code == 0, done.stderr
    assert recipes.load(str(Run(tmp_path / "r").recipe)).training.batch == 4  # of 12 pictures


def test_the_forecast_says_what_was_decided_and_why(paintings, tmp_path):
    auto = ["--set", "training.batch=auto", "--minutes", "1"]
    done = CliRunner().invoke(app, ["train", "colourfield:12", "--dry-run", *TINY_OPTIONS, *auto])
    assert done.exit_code == 0, done.stderr
    assert "decided    training.batch = 32: for 32² on a CPU" in done.stdout


@pytest.mark.parametrize("value", ["automatic", 1, 2.5, None])
def test_other_words_are_refused_by_the_knobs_name(value):
    values = recipes.load("impasto-64").model_dump()
    values["training"]["batch"] = value
    with pytest.raises(ImpastoError, match=r"^here: training\.batch: "):
        parse_config(values, "here")


@pytest.mark.parametrize(
    ("recipe", "asked", "network", "words"),
    [
        ("impasto-64", {}, "lite2", ""),  # it looks through Lite0
        ("dcgan-tutorial-64", {}, "lite0", ""),
        ("impasto-64", {"judge": "probe"}, "lite2", ""),
        ("impasto-64", {"judge": "dinov2-s"}, "lite2", "dinov2-s trains the discriminator here"),
        ("projected-64", {"judge": "dinov2-s"}, "dinov2-s", ""),
        ("impasto-64", {"judge": "lite0"}, "lite2", "lite0 trains the discriminator here"),
        ("dcgan-tutorial-64", {"judge": "lite0"}, "lite0", ""),
    ],
)
def test_a_critic_judges_nothing_in_its_own_training(recipe, asked, network, words):
    config = change(recipes.load(recipe), {f"training.{k}": v for k, v in asked.items()})
    assert judge_network(config)[0] == network
    assert judge_network(config)[1].startswith(words)
    assert bool(words) == bool(judge_network(config)[1])


def test_dino_as_a_second_critic_judges_nothing_either():
    changes = {"model.dinov2_every": 3, "training.judge": "dinov2-s"}
    network, words = judge_network(change(recipes.load("impasto-64"), changes))
    assert network == "lite2"
    assert words == "dinov2-s trains the discriminator here, so lite2 judges instead."
