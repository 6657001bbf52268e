"""A training whose terminal goes away: told so it saves and ends; unheard it goes on."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from impasto.core.runs import Run
from tests.children import Child, ended, until
from tests.conftest import TINY_OPTIONS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="signals and terminals are others there"),
]

ON_A_TERMINAL = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # where the tests run under nohup it is ignored
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "impasto", *sys.argv[1:]])
"""


def arguments(paintings: Path, out: Path, images: int) -> list[str]:
    saved_at_each = ["--set", "training.checkpoint_minutes=0", "--precision", "fp32"]
    length = ["--images", str(images), "--out", str(out)]
    return ["train", str(paintings), *TINY_OPTIONS, *saved_at_each, *length]


def wait_for_checkpoints(process: subprocess.Popen | Child, out: Path, many: int = 2) -> None:
    until(lambda: len(Run(out).checkpoints()) >= many or process.poll() is not None, 600)
    assert process.poll() is None


def test_when_its_terminal_is_closed_it_saves_and_the_same_command_goes_on(paintings, tmp_path):
    import pty

    out = tmp_path / "run"
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, *arguments(paintings, out, 10_000)],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    wait_for_checkpoints(process, out)
    os.close(master)
    process.send_signal(signal.SIGHUP)  # shells say it once more
    assert process.wait(600) == 130
    run = Run(out)
    saved = int(run.checkpoints()[-1].stem)
    assert re.search(f"Stopped.* {saved:,} images", run.log.read_text())
    _, said = ended(Child(*arguments(paintings, out, saved + 8)))
    assert f"from {saved:,} images" in said


@pytest.mark.parametrize("how", ["closed", "a pipe that nobody reads"])
def test_unheard_it_trains_to_its_end(paintings, tmp_path, how):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "impasto", *arguments(paintings, out, 40)]
    if how == "closed":
        shell = ["sh", "-c", 'exec "$@" 2>&- >&- <&-', "sh", *command]
        status = subprocess.run(shell).returncode
    else:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stderr.close()
        process.stdout.close()
        status = process.wait()
    assert status == 0
    assert Run(out).checkpoints()[-1] == Run(out).checkpoint(40)
    assert "Done" in Run(out).log.read_text()


def test_under_nohup_it_goes_on(paintings, tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "impasto", *arguments(paintings, out, 300)]
    shell = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *command]
    process = subprocess.Popen(shell, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_for_checkpoints(process, out)
    process.send_signal(signal.SIGHUP)
    assert process.wait(600) == 0
