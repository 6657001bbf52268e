"""A command as a child: it is stopped in peace; what cannot work on a system is told."""

import os
import signal
import subprocess
import sys

import pytest

from impasto.compare.subprocess import run_child
from impasto.errors import ImpastoError


def test_windows_is_told_what_to_use_instead(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ImpastoError, match=r"impasto compare.*Windows.*impasto train"):
        run_child(["--version"])


@pytest.mark.skipif(sys.platform == "win32", reason="has no such children")
def test_ctrl_c_while_the_child_starts_waits_until_it_can_take_it(monkeypatch, capfd):
    class Interrupted(subprocess.Popen):
        def __init__(self, *given, **options):
            super().__init__(*given, **options)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    ending = run_child(["train", "nothing"])
    assert (ending.status, ending.stopped) == (130, True)
    assert capfd.readouterr().err == ""
