"""The work on files done by a real Dask scheduler's workers, one of which is killed."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

import impasto
from impasto.core.parallel import map_in_order
from impasto.errors import ImpastoError
from impasto.prepare import cluster as module
from impasto.prepare import pipeline
from impasto.prepare.cluster import cluster
from impasto.prepare.decisions import read_decisions
from impasto.prepare.pipeline import prepare
from tests.prepare.messy import strokes

pytest.importorskip("distributed")


def start(*words: str, path: Sequence[str] = ()) -> subprocess.Popen:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*path, *sys.path]),
        "PYTHONWARNINGS": "ignore",
    }
    return subprocess.Popen(
        [sys.executable, *(words if words[0] == "-c" else ("-m", *words))],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(process: subprocess.Popen, pattern: str) -> str:
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError("it ended without a word")


@pytest.fixture
def scheduler():
    process = start(
        *("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"),
        *("--no-dashboard", "--no-show"),
    )
    processes = [process]
    try:
        yield said(process, r"Scheduler at: +tcp://(\S+)"), processes
    finally:
        for each in processes:
            each.kill()
            each.wait()
            each.stdout.close()


def worker(
    address: str, processes: list, folder: Path, path: Sequence[str] = ()
) -> subprocess.Popen:
    process = start(
        *("distributed.cli.dask_worker", f"tcp://{address}", "--nthreads", "1", "--no-nanny"),
        *("--no-dashboard", "--local-directory", str(folder), "--name", str(len(processes))),
        path=path,
    )
    processes.append(process)
    said(process, r"(Registered to)")
    return process


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    for seed in range(24):
        Image.fromarray(strokes(seed, 100, 80)).save(tmp_path / "in" / f"{seed:02}.png")
    (tmp_path / "in/copy.png").write_bytes((tmp_path / "in/03.png").read_bytes())
    Image.open(tmp_path / "in/05.png").resize((80, 64)).save(tmp_path / "in/small.png")
    (tmp_path / "in/torn.png").write_bytes((tmp_path / "in/04.png").read_bytes()[:900])
    return tmp_path / "in"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_verdicts_are_those_of_one_process_though_a_worker_is_killed(
    folder, tmp_path, scheduler, monkeypatch
):
    alone = prepare(folder, tmp_path / "alone", size=32)
    address, processes = scheduler
    workers = [worker(address, processes, tmp_path / f"w{n}") for n in range(2)]
    looked = []

    def look_and_kill(results, *words):
        for result in results:
            looked.append(result)
            if len(looked) == 3:
                os.kill(workers[0].pid, signal.SIGKILL)
                workers[0].wait()
            yield result

    monkeypatch.setattr(pipeline, "track", look_and_kill)
    monkeypatch.setattr(pipeline, "_ahead", lambda settings: 4)
    with cluster(f"dask://{address}"):
        report = prepare(folder, tmp_path / "there", size=32)
    assert (report.fingerprint, report.reasons) == (alone.fingerprint, alone.reasons)
    assert read_decisions(tmp_path / "there") == read_decisions(tmp_path / "alone")


@pytest.fixture
def other(tmp_path):
    """Where another Impasto lies."""
    shutil.copytree(Path(impasto.__file__).parent, tmp_path / "other/impasto")
    with (tmp_path / "other/impasto/families.py").open("a") as file:
        file.write("# another one")
    return [str(tmp_path / "other")]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_with_another_impasto_is_named(tmp_path, scheduler, other):
    address, processes = scheduler
    mine = worker(address, processes, tmp_path / "mine")
    named = r"worker at tcp://127.0.0.1:\d+ has another Impasto \(of code \w+\).*of code \w+"
    with pytest.raises(ImpastoError, match=named), cluster(f"dask://{address}"):
        late = worker(address, processes, tmp_path / "late", other)
        end(mine)
        list(map_in_order(abs, range(5), 5))
    with pytest.raises(ImpastoError, match=named), cluster(f"dask://{address}"):
        raise AssertionError("it was let in")
    end(late)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_workers_that_have_all_gone_are_not_waited_for_without_end(
    tmp_path, scheduler, monkeypatch, capsys
):
    monkeypatch.setattr(module, "WITHOUT", 1.0)
    address, processes = scheduler
    mine = worker(address, processes, tmp_path / "mine")
    with (
        pytest.raises(ImpastoError, match="none has come for 1 seconds; start some"),
        cluster(f"dask://{address}"),
    ):
        results = map_in_order(abs, range(500), 500)
        assert next(results) == 0
        end(mine)
        list(results)
    assert "all workers have gone; waiting" in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_has_gone_is_one_sentence(tmp_path, scheduler):
    address, processes = scheduler
    worker(address, processes, tmp_path / "mine")
    command = start("-c", _WAIT.format(address=address))
    processes.append(command)
    said(command, "(begun)")
    end(processes[0])
    rest = command.communicate(timeout=60)[0]
    assert rest.startswith("--on dask://")
    assert "the scheduler has gone" in rest
    assert rest.count("\n") == 1


_WAIT = """
import time
from impasto.core.parallel import map_in_order
from impasto.errors import ImpastoError
from impasto.prepare.cluster import cluster
try:
    with cluster("dask://{address}"):
        results = map_in_order(time.sleep, [0, *[1] * 60], 61)
        next(results)
        print("begun", flush=True)
        list(results)
except ImpastoError as error:
    print(error)
"""


def end(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()


@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_reached_is_one_sentence(scheduler, monkeypatch):
    monkeypatch.setattr(module, "ANSWER", 1.0)
    with pytest.raises(ImpastoError, match="no workers"), cluster(f"dask://{scheduler[0]}"):
        pass
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"dask://127.0.0.1:{silent.getsockname()[1]}"
    begun = time.monotonic()
    with pytest.raises(ImpastoError, match="no Dask scheduler answers"), cluster(address):
        pass
    assert time.monotonic() - begun < 30
    for odd in ("dask://", "ray://a:1", "dask://a", "dask://a:1/x y"):
        with pytest.raises(ImpastoError, match="name a scheduler"), cluster(odd):
            pass


def test_without_the_library_the_way_to_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImpastoError, match=r"impasto\[cluster\]"), cluster("dask://a:8786"):
        pass
