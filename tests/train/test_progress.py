"""The live line: it fits, it names what it does, and its forecast counts judgements."""

import pytest
import torch

from impasto.train import progress
from impasto.train.loop import Hook, Length
from impasto.train.progress import LiveLine, fit
from impasto.train.state import State
from impasto.train.watch import left_of


def halfway(images: int = 10_084_032) -> tuple[LiveLine, State]:
    state = State(torch.device("cpu"), {}, {})
    live = LiveLine(Length(seconds=100_000.0), state)
    state.images, state.seconds = images, 40_000.0
    return live, state


NUMBERS = {"d_loss": 0.84, "g_loss": 1.71, "d_real": 0.66, "d_fake": 0.31, "variety": 0.4}


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_it_fits_the_terminal_with_bar_percentage_and_eta(width, monkeypatch):
    live, state = halfway()
    console = progress.console
    monkeypatch.setattr(console, "_width", width)
    live.update(state, NUMBERS)
    with console.capture() as captured:
        console.print(live.progress.get_renderable(), soft_wrap=False)
    (line,) = captured.get().rstrip("\n").split("\n")
    assert len(line) <= width
    assert "training ━" in line
    assert " 40 % ETA 16:40:00" in line
    assert ("252/s" in line) == (width >= 80) or width == 60
    assert ("D(real) 0.66" in line) == (width == 200)
    assert "…" not in line


def test_after_a_rescue_the_speed_is_measured_anew():
    state = State(torch.device("cpu"), {}, {}, images=10_000, seconds=100.0)
    live = LiveLine(Length(images=20_000), state)
    state.images, state.seconds = 8_000, 150.0  # back to an earlier checkpoint; time goes on
    live.begin(state)
    state.images, state.seconds = 9_000, 160.0
    assert live.speed(state) == 100
    assert live.time_left(state) == pytest.approx(110)


def test_what_does_not_fit_is_left_out_from_the_end():
    assert fit(["ETA 1:00", "12/s", "99 images"], 15) == "ETA 1:00 · 12/s"
    assert fit(["ETA 1:00"], 3) == ""


def test_the_forecast_counts_the_judgements_that_are_to_come():
    state = State(torch.device("cpu"), {}, {}, images=1_000, seconds=10.0)
    often = Hook(lambda *_: None, every_images=1_000, slow=True)
    assert left_of(often, 2.0, state, 100.0, speed=50.0) == 10.0  # five of two seconds
    rare = Hook(lambda *_: None, every_images=1_000, slow=True, max_time_fraction=0.04)
    assert left_of(rare, 2.0, state, 90.0, speed=50.0) == 6.0  # 4 % of 100 s, and the last
    long = Hook(lambda *_: None, every_images=10**6, slow=True)
    assert left_of(long, 2.0, state, 100.0, speed=50.0) == 2.0  # the last always comes
    live, state = halfway()
    assert live.time_left(state) == pytest.approx(60_000)
    live.stage_left = lambda state, left: left / 10
    assert live.time_left(state) == pytest.approx(66_000)
