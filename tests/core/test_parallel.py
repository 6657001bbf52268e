"""Results come in order, few at a time; trouble in a worker reaches the caller."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from impasto.core.parallel import cores, map_in_order
from impasto.errors import ImpastoError
from tests.children import is_alive, until
from tests.pestering import pestered


def double(number: int) -> int:
    return 2 * number


def fail_on_seven(number: int) -> int:
    if number == 7:
        raise ImpastoError("seven")
    return number


def die(number: int) -> int:
    os._exit(1)


@pytest.mark.parametrize("count", [0, 20, 600])
def test_results_are_in_order(count):
    assert list(map_in_order(double, range(count), count)) == [2 * n for n in range(count)]


@pytest.mark.parametrize("ahead", [1, 8, 32])
def test_only_a_few_are_in_flight(ahead):
    drawn = []

    def items():
        for number in range(1000):
            drawn.append(number)
            yield number

    results = map_in_order(double, items(), 100, ahead)
    next(results)
    assert len(drawn) <= ahead * cores()
    results.close()


def test_an_error_reaches_the_caller():
    with pytest.raises(ImpastoError, match="seven"):
        list(map_in_order(fail_on_seven, range(20), 20))


def test_a_killed_worker_is_one_sentence():
    with pytest.raises(ImpastoError, match="memory"):
        list(map_in_order(die, range(300), 300))


@pytest.mark.skipif(sys.platform == "win32", reason="blocks no signal")
def test_ctrl_c_does_not_hurt_workers_that_start(monkeypatch):
    monkeypatch.setattr("impasto.core.parallel.cores", lambda: 2)
    with pestered(monkeypatch):
        assert list(map_in_order(double, range(300), 300)) == [2 * n for n in range(300)]


WORK = """
import os, time

def work(number, folder):
    (folder / str(os.getpid())).touch()
    time.sleep(0.01)
"""

ORPHANS = """
import sys
import signal
from functools import partial
from pathlib import Path
from impasto.core.parallel import map_in_order
from work import work

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # where the tests run under nohup it is ignored
for _ in map_in_order(partial(work, folder=Path(sys.argv[1])), range(10**6), 10**6):
    pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc who is alive")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_workers_die_with_their_parent(how: signal.Signals, tmp_path: Path):
    script, workers = tmp_path / "orphans.py", tmp_path / "workers"
    script.write_text(ORPHANS)
    (tmp_path / "work.py").write_text(WORK)
    workers.mkdir()
    parent = subprocess.Popen([sys.executable, str(script), str(workers)])
    until(lambda: len(list(workers.iterdir())) == cores() or parent.poll() is not None)
    assert parent.poll() is None
    parent.send_signal(how)
    parent.wait()
    numbers = [int(file.name) for file in workers.iterdir()]
    until(lambda: not any(is_alive(number) for number in numbers), 10)


@pytest.mark.parametrize("piped", [False, True])
def test_a_script_needs_no_guard(tmp_path, piped):
    script = "\n".join(
        (
            "from impasto.core import parallel",
            "parallel.cores = lambda: 2",
            "parallel._WORTH_PROCESSES = 1",
            "print(list(parallel.map_in_order(abs, [-3, 2, -1], 3)))",
        )
    )
    (tmp_path / "script.py").write_text(script)
    command = [sys.executable, "-" if piped else "script.py"]
    given = script if piped else None
    done = subprocess.run(command, cwd=tmp_path, input=given, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[3, 2, 1]\n", "")
