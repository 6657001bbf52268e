"""Ctrl-C, whenever it comes."""

import os
import signal
import subprocess
import sys

import pytest

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
