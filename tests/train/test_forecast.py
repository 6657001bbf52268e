"""What a training would cost."""

from itertools import count as count_from
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from impasto import recipes
from impasto.cli import app
from impasto.config import change
from impasto.core.device import choose_device
from impasto.core.runs import Run
from impasto.prepare.source import Data
from impasto.train import forecast as forecast_module
from impasto.train.state import State
from tests.conftest import TINY_OPTIONS

CPU = choose_device("cpu", "fp32")


@pytest.mark.parametrize("recipe", ["wgan-gp-64", "artists-wgan-128"])
def test_the_forecast_times_whole_rounds_of_a_game_with_several_steps(recipe, monkeypatch):
    small = [part for name in ("generator", "discriminator")
             for part in ("--set", f"model.{name}_width=8")]  # fmt: skip
    turns = []
    original = forecast_module.gan_step

    def counted(*arguments):
        step = original(*arguments)

        def count(state, reals):
            found = step(state, reals)
            turns.append("g_loss" in found)
            return found

        return count

    monkeypatch.setattr(forecast_module, "gan_step", counted)
    ticks = count_from(0)  # a busy machine would be measured less
    monkeypatch.setattr(forecast_module, "now", lambda: next(ticks) / 100)
    command = ["train", "colourfield:12", "--recipe", recipe, "--dry-run", "--set"]
    done = CliRunner().invoke(app, [*command, "training.batch=4", *small])
    assert done.exit_code == 0, done.output
    assert "images/s, measured on 25 steps of noise" in done.stdout
    assert turns == [False, False, False, False, True] * 7


def test_on_a_slow_computer_the_forecast_measures_less(monkeypatch):
    """Seven rounds of a large picture, or beside other programs, took minutes."""
    time = {"now": 0.0}
    monkeypatch.setattr(forecast_module, "now", lambda: time["now"])
    step_of = forecast_module.gan_step

    def slow(*arguments):
        step = step_of(*arguments)

        def take_twenty_seconds(state, reals):
            time["now"] += 20.0
            return step(state, reals)

        return take_twenty_seconds

    monkeypatch.setattr(forecast_module, "gan_step", slow)
    command = ["train", "colourfield:12", "--dry-run", *TINY_OPTIONS, "--set", "augment.policy=[]"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert time["now"] == 20.0
    assert "0.2 images/s, measured on 1 step" in done.stdout
    settings = done.stdout[done.stdout.index("settings ") :]
    assert "impasto recipes impasto-64" in settings
    assert "  batch: 4\n" in settings and "  policy: []\n" in settings
    assert "hold_out" not in settings  # what was not chosen is not shown


def forecast_of(config, cost_of, monkeypatch) -> str:
    """The forecast's speed, with so many seconds for each step of a state."""
    time = {"now": 0.0}
    monkeypatch.setattr(forecast_module, "now", lambda: time["now"])

    def gan_step(*_):
        def step(state, reals):
            time["now"] += cost_of(state.steps)
            return {"d_loss": torch.zeros(())}

        return step

    monkeypatch.setattr(forecast_module, "gan_step", gan_step)
    state = State(CPU.device, {}, {})
    monkeypatch.setattr(forecast_module, "gan_state", lambda *_: state)
    data = Data.parse("colourfield:12")
    said = forecast_module.forecast(config, data, Run(Path("nowhere")), CPU)
    return next(line for line in said.splitlines() if line.startswith("speed"))


@pytest.mark.parametrize(
    ("changes", "cost_of", "speed"),
    [
        # Every third step looks through DINOv2 as well: 3 × 16 pictures in .8 + .2 + .2 seconds.
        ({}, lambda step: 0.2 if step % 3 else 0.8, "40 images/s"),
        ({"model.dinov2_every": 0}, lambda step: 0.2, "80 images/s"),
        # Every eighth step has a penalty: 8 × 16 pictures in 7 × .1 + .9 seconds.
        (
            {"model.dinov2_every": 0, "loss.r1": 1, "loss.penalty_every": 8},
            lambda step: 0.1 if step % 8 else 0.9,
            "80 images/s",
        ),
        # Rounds of two steps, of which every third looks: 6 × 16 pictures in 2 × .8 + 4 × .2.
        (
            {"loss.discriminator_steps": 2},
            lambda step: 0.2 if step // 2 % 3 else 0.8,
            "40 images/s",
        ),
        # So slow that only one round of each kind is timed.
        ({}, lambda step: 5.0 if step % 3 else 12.0, "2.2 images/s"),
    ],
)
def test_steps_that_take_longer_count_as_often_as_they_come(changes, cost_of, speed, monkeypatch):
    config = change(recipes.load("impasto-64"), {"training.batch": 16} | changes)
    assert speed in forecast_of(config, cost_of, monkeypatch)


def test_a_run_in_the_middle_of_a_period_is_measured_from_its_beginning(monkeypatch):
    seen = []
    config = change(recipes.load("impasto-64"), {"training.batch": 16})

    def at_step_100(state, run):
        state.steps = 100

    monkeypatch.setattr(forecast_module, "_go_to_the_newest", at_step_100)
    forecast_of(config, lambda step: seen.append(step) or 0.2, monkeypatch)
    assert seen == list(range(99, 107))
