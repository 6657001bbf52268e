"""Progress for programs: one JSON object a line, and only if it is wanted."""

import json

import pytest

from impasto.core import clock, events


@pytest.fixture
def told():
    events.tell_as_json()
    yield
    events.tell_as_json(False)


def test_nothing_is_written_unless_it_is_wanted(capfd):
    events.tell("said", text="hello")
    assert capfd.readouterr().err == ""


def test_an_event_is_a_line_of_json_with_its_time(told, capfd):
    events.tell("said", text="two\nlines", eta=float("inf"), numbers={"loss": float("nan")})
    (line,) = capfd.readouterr().err.splitlines()
    row = json.loads(line)
    assert row.pop("at") > 0
    assert row == {"event": "said", "text": "two\nlines", "eta": None, "numbers": {"loss": None}}


def test_events_of_one_work_are_spaced_but_its_last_is_always_told(told, monkeypatch):
    time = [0.0]
    monkeypatch.setattr(clock, "now", lambda: time[0])
    pace = events.Pace()
    assert pace.due()
    assert not pace.due()
    assert pace.due(last=True)
    time[0] += events.OFTEN
    assert pace.due()
