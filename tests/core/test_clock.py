"""The clock of budgets: work counts, however slow; a suspended process does not."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from impasto.core import clock

PAUSED = """
import time
from impasto.core import clock
began, really = clock.now(), time.monotonic()
print("begun", flush=True)
while time.monotonic() - really < 4:
    {work}
print(clock.now() - began, time.monotonic() - really)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
@pytest.mark.parametrize("work", ["sum(range(1000))", "time.sleep(0.01)", "clock.now()"])
def test_the_time_in_which_the_process_was_stopped_does_not_count(work):
    with subprocess.Popen(
        [sys.executable, "-c", PAUSED.format(work=work)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGSTOP)
        time.sleep(2.5)
        process.send_signal(signal.SIGCONT)
        counted, passed = map(float, process.stdout.readline().split())
    assert passed >= 4
    assert passed - counted == pytest.approx(2.5, abs=0.4)


def test_a_slow_piece_of_work_counts_in_full():
    clock.now()  # its heart beats
    really, began = time.monotonic(), clock.now()
    time.sleep(1.6)  # a step that waits for a device, or for a disk
    counted, passed = clock.now() - began, time.monotonic() - really
    assert passed >= 1.6
    assert counted == pytest.approx(passed, abs=0.1)


def told_here(values, otherwise):
    """What gives these values one by one in this thread: other clocks go on beating."""
    here = threading.current_thread()
    return lambda: next(values) if threading.current_thread() is here else otherwise()


def test_work_that_holds_pythons_lock_is_no_pause(monkeypatch):
    times, worked = iter([0.0, 5.0]), iter([0.0, 4.0])
    watch = clock.Clock()
    watch._heart = clock.threading.current_thread()
    watch._beaten_at = watch._busy = 0.0
    monkeypatch.setattr(clock, "waited", lambda: 0.0)
    monkeypatch.setattr(clock.time, "monotonic", told_here(times, time.monotonic))
    monkeypatch.setattr(clock.time, "process_time", told_here(worked, time.process_time))
    assert [watch.now(), watch.now()] == [0.0, 5.0]


def test_waiting_for_a_core_is_no_pause(monkeypatch):
    times, waits = iter([0.0, 5.0]), iter([0.0, 4.0])
    watch = clock.Clock()
    watch._heart = clock.threading.current_thread()
    watch._beaten_at = watch._busy = 0.0
    monkeypatch.setattr(clock.time, "monotonic", told_here(times, time.monotonic))
    monkeypatch.setattr(clock.time, "process_time", lambda: 0.1)
    monkeypatch.setattr(clock, "waited", told_here(waits, clock.waited))
    assert [watch.now(), watch.now()] == [0.0, 5.0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_has_a_clock_of_its_own():
    program = (
        "import os, time, warnings; warnings.simplefilter('ignore')\n"
        "from impasto.core import clock\n"
        "clock.now()\n"
        "if os.fork() == 0:\n"
        "    really, began = time.monotonic(), clock.now(); time.sleep(1.5)\n"
        "    print(clock.now() - began, time.monotonic() - really, flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    counted, passed = map(float, done.stdout.split())
    assert passed >= 1.5, done.stderr
    assert counted == pytest.approx(passed, abs=0.1)
