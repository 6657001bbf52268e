"""How a process of several ends; starting them is tried in tests/cli/test_processes.py."""

import pytest

from impasto.core import files, launch
from impasto.errors import PartedError

PARTED = PartedError.exit_status


@pytest.fixture
def told(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "PATIENCE", 0.0)
    monkeypatch.setenv(launch.ENDED, str(tmp_path))
    return tmp_path / launch.LEADER


def test_alone_a_status_is_left_as_it_is(monkeypatch):
    monkeypatch.delenv(launch.ENDED, raising=False)
    assert launch.leave(3) == 3


def test_the_leader_tells_its_status_and_ends_well_for_the_launcher(told, monkeypatch):
    monkeypatch.setenv("RANK", "0")
    assert launch.leave(130) == 0
    assert told.read_text() == "130"


def test_the_leaders_status_is_whole_or_not_there(told, monkeypatch):
    monkeypatch.setenv("RANK", "0")
    seen = []
    publish = files.publish
    monkeypatch.setattr(
        files, "publish", lambda *words: (seen.append(told.exists()), publish(*words))
    )
    launch.leave(3)
    assert seen == [False]
    assert told.read_text() == "3"


def test_who_lost_another_begins_again_unless_the_leader_said_why(told, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    assert launch.leave(PARTED) == PARTED
    told.write_text("1")
    assert launch.leave(PARTED) == 0


def test_a_new_beginning_forgets_the_last_end(told, monkeypatch):
    monkeypatch.setenv("RANK", "0")
    told.write_text("1")
    launch.enter()
    assert not told.exists()
