"""Ctrl-C waits while a child starts, in the parent and in the child; or it is noted."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from impasto.core import interrupts
from impasto.core.interrupts import held_back, let_through, noted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="blocks no signal")

CHILD = """
import os, signal
os.kill(os.getpid(), signal.SIGINT)
print("ready", flush=True)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
"""


@pytest.fixture(autouse=True)
def _python_handles_it():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_arrives_is_handled_at_the_end():
    reached = []
    with pytest.raises(KeyboardInterrupt), held_back():
        os.kill(os.getpid(), signal.SIGINT)
        reached.append(1)
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_what_another_thread_takes_waits_too():
    begun, over, reached = threading.Event(), threading.Event(), []

    def other():
        begun.wait()
        os.kill(os.getpid(), signal.SIGINT)  # this thread does not block it
        over.set()

    thread = threading.Thread(target=other)
    thread.start()
    with pytest.raises(KeyboardInterrupt), held_back():
        begun.set()
        over.wait()
        reached.append(1)
    thread.join()
    assert reached


def test_a_thread_may_hold_it_back():
    masks = []

    def work():
        with held_back():
            masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, []))
        masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, []))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert [signal.SIGINT in mask for mask in masks] == [True, False]


def test_a_child_hears_it_once_it_is_ready():
    with held_back():
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    told, _ = child.communicate()
    assert told == b"ready\n"
    assert child.returncode == -signal.SIGINT  # as Python ends by KeyboardInterrupt


def test_let_through_hands_over_what_waits():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    # To this thread alone: others of the suite, which do not block it, would take it at once.
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        let_through()


def _nothing():
    pass


def test_a_noted_press_lets_the_work_go_on():
    with noted(_nothing) as pressed:
        before = pressed()
        os.kill(os.getpid(), signal.SIGINT)
        after = pressed()
    assert (before, after) == (False, True)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_press_that_is_noted_is_told_of_once():
    told = []
    with noted(lambda: told.append(1)):
        for _ in range(3):  # within a moment: a slip of the finger
            os.kill(os.getpid(), signal.SIGINT)
    assert told == [1]


def test_a_later_press_interrupts(monkeypatch):
    monkeypatch.setattr(interrupts, "TWICE", -1.0)
    with pytest.raises(KeyboardInterrupt), noted(_nothing):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_thread_notes_nothing():
    told = []

    def work():
        with noted(_nothing) as pressed:
            told.append(pressed())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert told == [False]


def test_what_is_ignored_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as under nohup
    with noted(_nothing) as pressed:
        os.kill(os.getpid(), signal.SIGINT)
        assert not pressed()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
