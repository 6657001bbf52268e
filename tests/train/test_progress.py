"""The live line: it fits, it names what it does, and its forecast counts judgements."""

import pytest
import torch

from impasto.core import clock as ticking
from impasto.core.console import track
from impasto.train import progress, stage
from impasto.train.loop import Hook, Length
from impasto.train.progress import LiveLine, fit
from impasto.train.stage import Stage
from impasto.train.state import State
from impasto.train.watch import left_of


@pytest.fixture
def time(monkeypatch) -> dict[str, float]:
    time = {"now": 0.0}
    for module in (ticking, progress, stage):
        monkeypatch.setattr(module, "now", lambda: time["now"])
    return time


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


def test_what_does_not_fit_is_left_out_from_the_end():
    assert fit(["ETA 1:00", "12/s", "99 images"], 15) == "ETA 1:00 · 12/s"
    assert fit(["ETA 1:00"], 3) == ""


def test_a_stage_has_a_name_and_an_eta_of_its_own(time):
    live, _ = halfway()
    judging = Stage("judging", {"painting": 1.0, "looking": 3.0})
    seen = []
    with live.stage(judging):
        for _ in track(range(4), "Painting", 4, quiet=True):
            time["now"] += 1.0
        seen.append((live.progress.tasks[0].description, judging.share, judging.left))
        for number in track(range(2), "Looking (lite2@128)", 2, quiet=True):
            if number == 1:
                seen.append((live.progress.tasks[0].fields["text"], judging.share, judging.left))
            time["now"] += 6.0
    assert seen[0] == ("judging", 0.25, 12.0)
    assert seen[1] == ("ETA 0:06 · looking", 0.625, 6.0)
    with live.stage(judging):  # from the second time on it is known before it begins
        assert judging.left == 16.0


def test_what_a_busy_machine_loads_before_the_first_piece_is_no_pace(time):
    live, _ = halfway()
    judging = Stage("judging", {"painting": 1.0, "looking": 1.0})
    with live.stage(judging):
        time["now"] += 60.0  # settling, or a network that is read
        pieces = track(range(20), "Painting", 20, quiet=True)
        for number in pieces:
            if number == 2:
                assert judging.left == pytest.approx(38.0)  # ten times as much before
            time["now"] += 1.0


def test_the_first_judgement_is_expected_in_seconds_once_a_sheet_was_painted(time):
    judging = Stage("judging", {"painting": 1.0, "looking": 3.0})
    judging.begin()
    assert judging.left == 0.0  # nothing is known
    judging.guess(40.0)
    judging.begin()
    assert judging.left == 40.0
    judging.see("painting", 0, 10)
    time["now"] += 10.0  # one slow piece of what was to take ten seconds
    judging.see("painting", 1, 10)
    assert 40.0 < judging.left < 120.0  # not 390
    judging.guess(1.0)  # what was measured, or guessed before, stands
    assert judging.expected == {"painting": 10.0, "looking": 30.0}


def test_where_no_line_is_redrawn_each_says_its_stage_and_no_more(time, monkeypatch):
    live, state = halfway()
    said = []
    monkeypatch.setattr(progress, "say", said.append)
    time["now"] += 2 * live.LINE_EVERY
    with live.stage(Stage("drawing a sheet", {"painting": 1.0})):  # nothing is known of it yet
        pass
    time["now"] += 2 * live.LINE_EVERY
    live.update(state, NUMBERS)
    assert said[0] == "  0%  drawing a sheet"
    assert said[1].startswith(" 40%  ETA 16:40:00 · 252/s")


def test_a_stage_that_is_told_to_stop_is_broken_off_and_teaches_nothing(time):
    live, _ = halfway()
    judging = Stage("judging", {"painting": 1.0})
    with pytest.raises(InterruptedError), live.stage(judging, stop=lambda: True):
        list(track(range(4), "Painting", 4, quiet=True))
    assert judging.costs == []
    assert list(track([1, 2], "Painting", 2, quiet=True)) == [1, 2]  # nobody listens any more


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
