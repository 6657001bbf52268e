"""`kill -9` at random moments of every long verb: what comes out is what comes out undisturbed.

    python -m tests.torture 100                  # kills of each verb, a seed of its own
    python -m tests.torture 20 --seed 7 --verbs prepare train

Each verb runs once undisturbed, which tells how long it takes and what comes out. Then it is
started in an empty folder, killed at a random moment of that time, started and killed again a few
times, and at last left to come to its end. What it makes is compared, weights bit by bit; nothing
half written and no process may be left. The count is told after each turn of all verbs, so that a
round that is broken off has its figures too.

Commands are forked from this process, which has loaded the libraries already: a kill while torch
is being loaded, most of a small command's time, disturbs nothing.
"""

import argparse
import atexit
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"  # before torch and numpy are loaded: a fork has no threads

from impasto.cli import main as impasto_main
from impasto.collect import addresses
from tests.children import group_is_alive
from tests.collect.site import LOOPBACK, Site, as_picture
from tests.torture.verbs import VERBS, make_inputs, results

MOST_KILLS = 9
"""Of one command before it may come to its end."""


def load(place: Path) -> None:
    """Import what a command has imported."""
    for name in (place / "modules.txt").read_text().splitlines():
        if name not in sys.modules:
            with suppress(Exception):  # some only exist while their packages are loaded
                importlib.import_module(name)


def start(verb: str, place: Path) -> int:
    """Start a verb in a folder, its process group's first; returns its number."""
    child = os.fork()
    if child:
        with suppress(OSError):  # it was faster
            os.setpgid(child, child)
        return child
    status = 1
    try:
        os.setpgid(0, 0)
        os.chdir(place)
        said = os.open("said.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for number in (1, 2):
            os.dup2(said, number)
        sys.argv = ["impasto", *VERBS[verb].command()]
        impasto_main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(BaseException):
            Path("modules.txt").write_text("\n".join(sys.modules))
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def ended(process: int, work: float = float("inf")) -> tuple[int | None, float]:
    """Wait until it ends or has worked so long; its status, or None, and how long it has worked.

    Processor seconds, not the clock's: however busy the machine is, a moment is the same one.
    """
    worked = 0.0
    try:
        while True:
            number, status = os.waitpid(process, os.WNOHANG)
            if number:
                return os.waitstatus_to_exitcode(status), worked
            worked = time.clock_gettime(~process << 3 | 2)  # another process's clock, on Linux
            if worked >= work:
                return None, worked
            time.sleep(0.003)
    except SystemExit:  # the round is broken off
        os.killpg(process, signal.SIGKILL)
        raise


def torture(verb: str, place: Path, seconds: float, kills: int, random: Random) -> tuple[int, str]:
    """Kill so many times, then let it come to its end; the kills, and what was wrong."""
    done = 0
    while done < kills:
        process = start(verb, place)
        status, _ = ended(process, random.uniform(0, seconds))
        if status is not None:  # it was resumed, and came to its end before
            return done, _left(place, status)
        os.kill(process, signal.SIGKILL)  # it alone: its workers must notice
        os.waitpid(process, 0)
        done += 1
        deadline = time.monotonic() + 20
        while group_is_alive(process):
            if time.monotonic() > deadline:
                os.killpg(process, signal.SIGKILL)
                return done, "a worker lived on"
            time.sleep(0.05)
    status, _ = ended(start(verb, place), 30 + 10 * seconds)
    return done, _left(place, status)


def _left(place: Path, status: int | None) -> str:
    if status is None:
        return "it hangs"
    if status:
        return f"status {status}: {(place / 'said.txt').read_text()[-200:]}"
    left = [str(path) for path in place.rglob("*.part")]
    return f"left behind: {left}" if left else ""


def compare(found: dict[str, bytes], expected: dict[str, bytes]) -> str:
    """Which files differ, in words."""
    names = found.keys() | expected.keys()
    differing = sorted(name for name in names if found.get(name) != expected.get(name))
    return f"differs: {', '.join(differing)}" if differing else ""


def undisturbed(verb: str, root: Path) -> tuple[float, dict[str, bytes]]:
    """How long it works, in processor seconds of its own, and the results."""
    place = root / f"undisturbed-{verb}"
    for once_more in (False, True):  # the first one loads libraries, which takes longest
        place.mkdir()
        status, seconds = ended(start(verb, place))
        found = results(VERBS[verb], place)
        assert status == 0 and found, f"{verb}, {status}: {(place / 'said.txt').read_text()}"
        load(place)
        if not once_more:
            shutil.rmtree(place)
    print(f"{verb}: {seconds:.2f} s, {len(found)} files", flush=True)
    return seconds, found


def main() -> None:
    """Parse, run each verb undisturbed, then torture them in turn."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kills", nargs="?", type=int, default=100, help="of each verb")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--verbs", nargs="+", choices=list(VERBS), default=list(VERBS))
    options = parser.parse_args()
    # Not a TemporaryDirectory: the first fork that ends would sweep it.
    root = Path(tempfile.mkdtemp(prefix="impasto-torture-")).resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        make_inputs(root, _serve())
        wrong = _torture_all(root, options)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    raise SystemExit(1 if wrong else 0)


def _torture_all(root: Path, options: argparse.Namespace) -> int:
    """All verbs in turns until each has its kills; how many came out wrong."""
    random, kept = Random(options.seed), Path("torture-findings").resolve()
    kills: Counter[str] = Counter(dict.fromkeys(options.verbs, 0))
    wrong: Counter[str] = Counter()
    calm = {verb: undisturbed(verb, root) for verb in options.verbs}
    turn = 0
    while waiting := [verb for verb in options.verbs if kills[verb] < options.kills]:
        for verb in waiting:
            place = root / f"{verb}-{turn}"
            place.mkdir()
            most = min(random.randint(1, MOST_KILLS), options.kills - kills[verb])
            times, what = torture(verb, place, calm[verb][0], most, random)
            what = what or compare(results(VERBS[verb], place), calm[verb][1])
            kills[verb] += times
            if what:
                wrong[verb] += 1
                shutil.copytree(place, kept / f"{place.name}-{options.seed}", dirs_exist_ok=True)
                print(f"{verb}, turn {turn}, killed {times} times: {what[:600]}", flush=True)
            shutil.rmtree(place)
        turn += 1
        told = ", ".join(f"{verb} {count}" for verb, count in kills.items())
        print(f"Turn {turn}: {kills.total()} kills, {wrong.total()} wrong. {told}", flush=True)
    print(f"Seed {options.seed}: {kills.total()} kills, {wrong.total()} wrong {dict(wrong)}.")
    return wrong.total()


def _serve() -> str:
    """Serve pictures to `collect`, from a process of its own; the address."""
    get, put = os.pipe()
    parent = os.getpid()
    if not os.fork():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        site = Site()
        for number in range(8):
            site.answers[f"/{number}.jpg"] = [as_picture(number)]
        os.write(put, site.base.encode())
        os.close(put)
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)
    os.close(put)
    with os.fdopen(get) as said:
        base = said.read()
    public = addresses.is_public
    addresses.is_public = lambda address: address in LOOPBACK or public(address)
    return base


if __name__ == "__main__":
    main()
