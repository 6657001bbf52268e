"""Stages of a training and their pace."""

import pytest

from impasto.core import clock as ticking
from impasto.core.console import track
from impasto.train import progress, stage
from impasto.train.stage import Stage
from tests.train.test_progress import NUMBERS, halfway


@pytest.fixture
def time(monkeypatch) -> dict[str, float]:
    time = {"now": 0.0}
    for module in (ticking, progress, stage):
        monkeypatch.setattr(module, "now", lambda: time["now"])
    return time


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
