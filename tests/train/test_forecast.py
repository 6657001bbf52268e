"""What a training would cost."""

from itertools import count as count_from

import pytest
from typer.testing import CliRunner

from impasto.cli import app
from impasto.train import forecast as forecast_module
from tests.conftest import TINY_OPTIONS


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
