"""Spoil sound files, have Impasto read them, and tell what it could not stand.

    python -m tests.fuzz 10                          # ten minutes, a seed of its own
    python -m tests.fuzz --count 20000               # so many inputs, however long it takes
    python -m tests.fuzz 10 --seed 7 --kinds archives recipes
    python -m tests.fuzz --seed 7 --again 1234       # one input again, with its output

A finding is a traceback, an end by a signal, more than 20 seconds of computing, 2 GB of memory, or
a file outside of the folder that it was given. Every one's input is kept in `fuzz-findings/`.
"""

import argparse
import itertools
import json
import math
import os
import re
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from tests.fuzz import corpus
from tests.fuzz.kinds import KINDS, Kind

SECONDS = 20.0
"""Of the processor's time, so that a busy machine makes no findings."""
PATIENCE = 600.0
"""Seconds by the clock: what waits for ever takes no processor's time. Where hardly more time is
given, two thirds of it: a hang is told before it is over."""
MEMORY = 2 * 2**30
ESCAPED = Path("/tmp/impasto-fuzz-escape")
ROOT = Path(__file__).resolve().parents[2]


def build(kinds: Sequence[Kind], made: Path, place: Path, seed: int, number: int) -> Kind:
    """Make input `number` in `place`: it depends on seed and number alone."""
    kind = kinds[number % len(kinds)]
    place.mkdir(parents=True)
    kind.build(made, place, Random(f"{seed} {number} {kind.name}"))
    return kind


def read(kind: Kind, place: Path, box: Path, seed: int, number: int) -> str:
    """Have it read; what was wrong, or nothing."""
    os.chdir(place)
    try:
        kind.read(place, Random(f"{seed} {number} read"))
    except BaseException:
        return traceback.format_exc()
    finally:
        os.chdir(ROOT)
    outside = [path for path in box.rglob("*") if place not in (path, *path.parents)
               and path not in place.parents]  # fmt: skip
    if ESCAPED.exists():
        ESCAPED.unlink()
        outside.append(ESCAPED)
    return f"outside: {outside}" if outside else ""


def child(kinds: Sequence[Kind], made: Path, seed: int, first: int, out: int) -> None:
    """Read inputs from `first` on, and tell the parent of each by lines of JSON."""
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    corpus.impasto("recipes")  # loads what is common
    there = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (there + MEMORY, there + MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**30, 2**30))
    with tempfile.TemporaryDirectory() as folder, os.fdopen(out, "w") as tell:
        for number in itertools.count(first):
            print(json.dumps({"begun": number}), file=tell, flush=True)
            box = Path(folder) / str(number)
            place = box / "a" / "b" / "place"
            kind = build(kinds, made, place, seed, number)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)  # SIGPROF ends the process
            wrong = read(kind, place, box, seed, number)
            signal.setitimer(signal.ITIMER_PROF, 0)
            print(json.dumps({"done": number, "wrong": wrong}), file=tell, flush=True)
            shutil.rmtree(box, ignore_errors=True)


def events(command: list[str], until: float, patience: float) -> Iterator[dict[str, object]]:
    """What a child tells; `{"wrong": …}` without a number where it dies or hangs."""
    ours, theirs = os.pipe()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        [*command, "--out", str(theirs)], pass_fds=(theirs,), stdout=quiet, stderr=quiet, cwd=ROOT
    )
    os.close(theirs)
    selector, heard = selectors.DefaultSelector(), b""
    selector.register(ours, selectors.EVENT_READ)
    silence = PATIENCE  # until it has begun: on a slow machine it loads for long
    try:
        while (left := until - time.monotonic()) > 0:
            if b"\n" in heard:
                line, _, heard = heard.partition(b"\n")
                silence = patience
                yield json.loads(line)
            elif not selector.select(min(left, silence)):
                if left > silence:
                    yield {"wrong": f"silent for {silence:.0f} seconds"}
                return
            elif more := os.read(ours, 65536):
                heard += more
            else:
                yield {"wrong": _end(process.wait())}
                return
    finally:
        process.kill()
        process.wait()
        selector.close()
        os.close(ours)


def _end(status: int) -> str:
    if status == -signal.SIGPROF:
        return f"more than {SECONDS:.0f} seconds of computing"
    return f"the process ended with {status}"


def fuzz(
    kinds: Sequence[Kind], made: Path, seed: int, first: int, count: int | None,
    until: float, kept: Path,
) -> tuple[int, int]:  # fmt: skip
    """Read inputs from `first` on, until then or up to so many; how many were, and findings."""
    number, tried, findings, told = first, 0, 0, set[str]()
    patience = min(PATIENCE, (until - time.monotonic()) * 2 / 3)
    while time.monotonic() < until and number != count:
        command = [sys.executable, "-m", "tests.fuzz", "--child", str(made), "--seed", str(seed)]
        command += ["--first", str(number), "--kinds", *(kind.name for kind in kinds)]
        for event in events(command, until, patience):
            if "begun" in event:
                number = int(str(event["begun"]))
                if number and number % 1000 == 0:
                    print(f"{number:,} inputs, {findings} findings", flush=True)
                if number == count:
                    break
                continue
            tried += 1
            wrong, kind = str(event["wrong"]).strip(), kinds[number % len(kinds)]
            if wrong:
                findings += 1
                where = kept / f"{kind.name}-{seed}-{number}"
                if not where.exists():
                    build(kinds, made, where, seed, number)
                (where / "wrong.txt").write_text(wrong + "\n")
                if (same := re.sub(r"\d+|'.*'", "", short := _short(wrong))) not in told:
                    told.add(same)
                    print(f"{kind.name} {number}: {short}\n    kept in {where}", flush=True)
        else:
            number += 1
    print(f"Seed {seed}: {tried:,} inputs, {findings} findings, {len(told)} of them different.")
    return tried, findings


def _short(wrong: str) -> str:
    """The last line of a traceback, and where it was raised."""
    lines = wrong.splitlines()
    places = [
        line.strip() for line in lines if line.strip().startswith("File") and "impasto" in line
    ]
    return " ".join([lines[-1][:160], *places[-1:]])


def main() -> None:
    """Parse, make the corpus, fuzz."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("minutes", nargs="?", type=float, help="2, or no end with --count")
    parser.add_argument("--count", type=int, help="end at this one, however long it takes")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kinds", nargs="+", choices=[kind.name for kind in KINDS])
    parser.add_argument("--again", type=int, metavar="NUMBER", help="of one input, given --seed")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help="begin with this one, to go on")
    parser.add_argument("--out", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    kinds = [kind for kind in KINDS if options.kinds is None or kind.name in options.kinds]
    if options.child:
        child(kinds, options.child, options.seed, options.first, options.out)
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        made, box = Path(folder) / "corpus", Path(folder) / "box"
        corpus.make(made)
        if options.again is not None:
            place = box / "a" / "b" / "place"
            kind = build(kinds, made, place, options.seed, options.again)
            print(read(kind, place, box, options.seed, options.again) or "Nothing was wrong.")
            return
        minutes = options.minutes or (math.inf if options.count else 2.0)
        until = time.monotonic() + 60 * minutes
        kept = options.findings.resolve()
        tried, found = fuzz(kinds, made, options.seed, options.first, options.count, until, kept)
    if not tried:
        print("Nothing was tried in this time; give it more minutes.")
    raise SystemExit(1 if found or not tried else 0)


if __name__ == "__main__":
    main()
