"""Ctrl-C, whenever it comes."""

import os
import signal
import subprocess
import sys

import pytest

import impasto.cli

PROGRAM = """
import sys, time
import impasto.cli

def command():
    try:
        import torch
        time.sleep(30)
    except KeyboardInterrupt:
        print("interrupted, torch is", "loaded" if hasattr(torch, "loaded") else "torn")

sys.path.insert(0, sys.argv[1])
impasto.cli.app = command
impasto.cli.main()
"""

TORCH = """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(0.2)
loaded = True
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
def test_ctrl_c_waits_until_torch_is_loaded(tmp_path):
    """An exception inside torch's native start-up would abort the process without a word."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(TORCH)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=25,  # it does not wait for the sleep to end
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert done.stdout == "interrupted, torch is loaded\n", done.stderr


LEAVING = """
import atexit, os, signal, sys
import impasto.cli

def press():
    os.kill(os.getpid(), signal.SIGINT)

def command():
    if sys.argv[1] == "twice":
        try:
            press()
        except KeyboardInterrupt:
            press()  # within a second: it must not disturb the saving
            print("saved")

class Late:
    def __del__(self):
        press()

late = Late()  # goes when Python has put its own handlers aside
impasto.cli.app = command
impasto.cli.main()
print("done", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
@pytest.mark.parametrize(("how", "said"), [("once", "done\n"), ("twice", "saved\ndone\n")])
def test_ctrl_c_that_comes_too_late_or_twice_changes_nothing(how, said):
    done = subprocess.run(
        [sys.executable, "-c", LEAVING, how],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stdout) == (0, said), done.stderr


def test_ctrl_c_before_the_command_line_is_read_shows_no_traceback(monkeypatch, capsys):
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(impasto.cli, "app", interrupted)
    monkeypatch.setattr("sys.argv", ["impasto", "recipes"])
    with pytest.raises(SystemExit) as end:
        impasto.cli.main()
    assert end.value.code == 130
    assert capsys.readouterr().err == ""
