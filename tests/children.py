"""Processes of `impasto` that begin in a moment: forks of one that has loaded torch already.

A test that is about signals, kills, locks or several processes needs a process of its own, not
three more seconds of imports. Impasto's own modules are loaded anew in each. Where the start itself
is looked at (what is imported, terminals, closed streams), use `python -m impasto`.
"""

import multiprocessing
import os
import runpy
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil
import torch

HEAVY = ["numpy", "PIL.Image", "pydantic", "torch._dynamo", "torch.distributed.run", "torchvision"]


class Child:
    """A command, as `subprocess.Popen` would run it in a group of processes of its own."""

    def __init__(
        self,
        *words: object,
        script: Path | None = None,
        folder: Path | None = None,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Begin.

        Args:
            words: behind `impasto`, or behind the script.
            script: a Python file to run instead of Impasto's command.
            folder: where it works; here, if not given.
            more: variables of its environment.
        """
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["pytest", *HEAVY])
        self._place = Path(tempfile.mkdtemp())
        self._heard = {}
        environment = {**os.environ, "OMP_NUM_THREADS": "1", **more}
        given = list(map(str, words)), script, str(folder or Path.cwd()), environment
        self._process = context.Process(target=_run, args=(*given, self._place))
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """The exit status, or minus the signal, once it has ended."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, seconds: float = 900) -> int:
        """Wait for its end; the exit status."""
        self._process.join(seconds)
        if self._place.is_dir() and self._process.exitcode is not None:
            self._heard = {stream: self._so_far(stream) for stream in ("1", "2")}
            shutil.rmtree(self._place)
        if self._process.exitcode is None:
            os.killpg(self.pid, signal.SIGKILL)
            raise TimeoutError(f"it ran longer than {seconds} seconds:\n{self.said()}")
        return self._process.exitcode

    def told(self) -> str:
        """What it wrote to stdout so far."""
        return self._so_far("1")

    def said(self) -> str:
        """What it wrote to stderr so far."""
        return self._so_far("2")

    def _so_far(self, stream: str) -> str:
        file = self._place / stream
        return self._heard.get(stream) or (file.read_text() if file.exists() else "")


def rank_variables(count: int, patience: int | None = None) -> list[dict[str, str]]:
    """What `torchrun` tells each of so many processes on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count)}
    shared = address | {"TORCHELASTIC_RUN_ID": "test"}
    if patience is not None:
        shared["IMPASTO_PATIENCE"] = str(patience)
    return [shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]


def ended(child: Child) -> tuple[int, str]:
    """Wait for its end; its exit status and what it said."""
    return child.wait(), child.said()


def until(true: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until something is so; what it returned."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
    return found


def is_alive(number: int) -> bool:
    """Whether a process runs: one that has ended and was not waited for does not."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    return False


def group_is_alive(group: int) -> bool:
    """Whether a process of the group runs, as `is_alive` means it."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getpgid(process.pid) == group and is_alive(process.pid):
                return True
    return False


def _run(
    words: list[str], script: Path | None, folder: str, environment: dict[str, str], said: Path
) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (1, 2):
        file = os.open(said / str(number), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    sys.stdout, sys.stderr = (open(n, "w", buffering=1, closefd=False) for n in (1, 2))  # noqa: SIM115
    torch.set_num_threads(1)
    sys.argv = [str(script or "impasto"), *words]
    if script is not None:
        runpy.run_path(str(script), run_name="__main__")
        return
    from impasto.cli import main

    main()
