"""The queue: one long job and one short one at a time, first come first served."""

import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from impasto.studio.jobs import Job, Jobs, Lane

EVERY = 0.3
"""Seconds between two looks at the jobs."""


class Queue:
    """Starts what waits, in a thread. Two studios of one workspace do not start a job twice."""

    def __init__(self, jobs: Jobs, workspace: Path) -> None:
        self.jobs, self.workspace = jobs, workspace
        self._children: list[subprocess.Popen[bytes]] = []
        self._stop, self._call = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to look after the jobs."""
        self._thread.start()

    def close(self) -> None:
        """Leave the jobs alone: those that run go on without the studio."""
        self._stop.set()
        self._call.set()
        self._thread.join(5)
        for child in self._children:
            child.returncode = child.returncode or 0  # it outlives us: no warning of Python's

    def call(self) -> None:
        """Look at once: something was added."""
        self._call.set()

    def start_due_jobs(self) -> None:
        """Start the next job of each lane that is free."""
        for child in self._children:
            child.poll()  # else what ended stays as a zombie
        self._children = [child for child in self._children if child.returncode is None]
        self.jobs.folder.mkdir(parents=True, exist_ok=True)
        with suppress(Timeout), FileLock(self.jobs.folder / ".queue.lock", timeout=0):
            states = [(job, job.state()) for job in self.jobs.unfinished()]
            lanes: tuple[Lane, ...] = ("long", "short")
            for lane in lanes:
                here = [(job, state) for job, state in states if job.lane == lane]
                if not any(state == "running" for _, state in here):
                    self._begin_first([job for job, state in here if state == "waiting"])

    def _begin_first(self, waiting: list[Job]) -> None:
        if not waiting:
            return
        job = waiting[-1]  # the oldest
        try:
            self._children.append(job.begin(self.workspace))
        except OSError:  # a full disk: it keeps its turn
            raise
        except Exception as error:  # whatever is wrong with it, the next one has its turn
            job.fail(str(error))

    def _run(self) -> None:
        told = ""
        while not self._stop.is_set():
            try:
                self.start_due_jobs()
            except OSError:  # a full disk: later perhaps
                pass
            except Exception:  # without this thread no job would ever begin
                trouble = traceback.format_exc()
                if trouble != told:
                    sys.stderr.write(trouble)
                told = trouble
            self._call.wait(EVERY)
            self._call.clear()
