"""A process that works for many, and is given up where it hangs."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from impasto.errors import ImpastoError
from impasto.studio import helper as module
from impasto.studio.helper import GivenUpError, Helper
from tests.children import is_alive, until


@pytest.fixture
def helper():
    """One whose process is replaced after three pieces of work."""
    helper = Helper(3)
    yield helper
    helper.close()


def test_the_process_is_replaced_after_some_work_however_many_ask(helper):
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(helper.work, os.getpid, (), 60) for _ in range(10)]
        processes = [each.result() for each in asked]
    assert sorted(map(processes.count, set(processes))) == [1, 3, 3, 3]
    until(lambda: sum(map(is_alive, set(processes))) <= 1)


def long_work(begun: Path, seconds: float) -> tuple[object, tuple[str]]:
    """What tells that it has begun, and lasts: `exec`, since the process knows no tests."""
    words = f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep({seconds})"
    return exec, (words,)


def test_what_hangs_is_ended_and_others_do_not_notice(helper, tmp_path):
    hung = helper.work(os.getpid, (), 60)
    with ThreadPoolExecutor() as threads:
        hanging = threads.submit(helper.work, *long_work(tmp_path / "begun", 600), 3.0)
        until((tmp_path / "begun").exists)
        behind = threads.submit(helper.work, os.getpid, (), 60)
        with pytest.raises(GivenUpError):
            hanging.result()
        assert behind.result() != hung
    assert not is_alive(hung)


def test_waiting_for_others_does_not_count(helper, tmp_path, monkeypatch):
    limits, real = [], module.wait

    def noted(futures, seconds):
        limits.append(seconds)
        return real(futures, seconds)

    monkeypatch.setattr(module, "wait", noted)
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(helper.work, *long_work(tmp_path / "begun", 1.5), 60)
        until((tmp_path / "begun").exists)
        behind = threads.submit(helper.work, abs, (-1,), 10)
        time.sleep(0.3)
        assert limits == [60]
        assert behind.result() == 1
        slow.result()
    assert limits == [60, 10]


def test_a_process_that_was_killed_while_idle_is_replaced(helper):
    process = helper.work(os.getpid, (), 60)
    os.kill(process, 9)
    until(lambda: helper._pool._broken)
    assert helper.work(os.getpid, (), 60) != process


def test_one_that_is_killed_at_work_says_so_and_the_next_work_is_done(helper):
    with pytest.raises(BrokenProcessPool):
        helper.work(os._exit, (1,), 60)
    assert helper.work(abs, (-1,), 60) == 1


def test_after_its_end_nothing_begins_anew(helper):
    helper.work(abs, (-1,), 60)
    helper.close()
    with pytest.raises(ImpastoError, match="being closed"):
        helper.work(abs, (-1,), 60)
