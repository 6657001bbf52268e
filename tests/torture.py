"""`kill -9` at random moments of every long verb: what comes out is what comes out undisturbed.

    python -m tests.torture 100                  # kills in all, a seed of its own
    python -m tests.torture 20 --seed 7 --verbs prepare train

Each verb runs once undisturbed, which tells how long it takes and what comes out. Then it is
started in an empty folder, killed at a random moment, started again (and perhaps killed again),
until it comes to its end. What it makes is compared, weights bit by bit; nothing half written and
no process may be left.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from PIL import Image

from impasto.data.colourfield import paint
from tests.fuzz.corpus import RECIPE

TRAIN = [
    "train",
    "../set",
    *RECIPE,
    "--set",
    "training.checkpoint_minutes=0.005",
    "--images",
    "600",
]

VERBS = {
    "prepare": ["prepare", "../pictures", "--out", "out", "--size", "32", "--no-features"],
    "train": [*TRAIN, "--out", "out"],
    "generate": ["generate", "../run", "--checkpoint", "last", "--count", "100",
                 "--out", "out"],
    "paint": ["paint", "../pictures/0.png", "--strokes", "60", "--size", "96", "--out", "out"],
    "strokes": ["strokes", "make", "--count", "500", "--out", "out"],
    "learn": ["strokes", "train", "../shards", "--set", "generator.images=6000",
              "--set", "checkpoint_minutes=0.005", "--out", "out"],
    "kit": ["kit", "../pictures/0.png", "--out", "out"],
    "evaluate": ["evaluate", "../run", "--checkpoint", "last", "--count", "60",
                 "--networks", "lite2,dinov2-s", "--out", "out"],
    "upscale": ["upscale", "../few", "--scale", "2", "--out", "out"],
    "project": ["explore", "project", "../run", "../pictures/0.png", "--checkpoint", "last",
                "--starts", "2", "--steps", "150", "--out", "out"],
    "directions": ["explore", "directions", "../run", "--checkpoint", "last", "--out", "out"],
    "mix": ["explore", "mix", "../run", "3", "17", "--checkpoint", "last", "--count", "40",
            "--out", "out"],
    "compare": ["compare", "../set", "--recipes", RECIPE[1], *RECIPE[2:], "--images", "24",
                "--count", "30", "--out", "out"],
    "film": ["generate", "../run", "--checkpoint", "last", "--seeds", "0-3",
             "--interpolate", "cubic", "--film", "webp", "--out", "out"],
}  # fmt: skip

COMPARED = {
    "prepare": ("pictures.npy", "index.csv", "decisions.csv"),
    "train": ("checkpoints/000000200.pt", "best/generator.safetensors", "samples/*.png"),
    "generate": ("**/*.png",),
    "paint": ("**/*.png", "**/strokes.json"),
    "strokes": ("*.npz",),
    "learn": ("generator/checkpoints/000006016.pt", "generator/best/generator.safetensors"),
    "kit": ("kit.json", "*.png", "*.svg"),
    "evaluate": ("metrics.json", "evaluation.html"),
    "upscale": ("*.png",),
    "project": ("*.png",),
    "directions": ("directions.*", "*.png"),
    "mix": ("*.png", "lineage.json"),
    "compare": ("*/checkpoints/000000024.pt",),
    "film": ("*.webp",),
}
"""What of the results is the same each time; elsewhere stand times."""

TIMED = re.compile(rb'"(seconds|minutes)": [\d.]+')


def start(verb: str, place: Path) -> subprocess.Popen[bytes]:
    """Start a verb in a folder; its children are of its process group."""
    command = [sys.executable, "-m", "impasto", *VERBS[verb]]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with (place / "said.txt").open("ab") as said:
        return subprocess.Popen(
            command, cwd=place, env=environment, stdout=said, stderr=said, process_group=0
        )


def results(verb: str, place: Path) -> dict[str, bytes]:
    """What came out, by name."""
    out = place / "out"
    files = sorted({file for pattern in COMPARED[verb] for file in out.glob(pattern)})
    return {str(file.relative_to(out)): _content(file) for file in files}


def _content(file: Path) -> bytes:
    """Of a checkpoint the weights, of an archive of arrays the arrays, of a PNG the pixels."""
    if file.suffix == ".pt":
        import torch

        saved = torch.load(file, weights_only=True)
        return repr(_plain({key: saved[key] for key in ("networks", "optimisers"
                                                        , "averages")})).encode()  # fmt: skip
    if file.suffix == ".npz":
        import numpy as np

        with np.load(file) as arrays:
            return b"".join(arrays[name].tobytes() for name in sorted(arrays.files))
    if file.suffix == ".png":
        with Image.open(file) as picture:
            return picture.tobytes()
    return TIMED.sub(b"", file.read_bytes())


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "numpy"):
        return value.numpy().tobytes()
    return value


def alive(group: int) -> bool:
    """Whether a process of the group lives on."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            return True
    return False


def torture(verb: str, place: Path, seconds: float, random: Random) -> tuple[int, str]:
    """Kill until it comes to its end; how many kills, and what was wrong."""
    kills = 0
    while True:
        process = start(verb, place)
        try:
            # Later kills come later: each run gets further than the one before, or is done.
            process.wait(timeout=random.uniform(0.2, seconds * (1.1 + 0.5 * kills)))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)  # it alone: its workers must notice
            process.wait()
            kills += 1
            deadline = time.monotonic() + 10
            while alive(process.pid):
                if time.monotonic() > deadline:
                    os.killpg(process.pid, signal.SIGKILL)
                    return kills, "a worker lived on"
                time.sleep(0.1)
            continue
        if process.returncode:
            return kills, f"status {process.returncode}"
        left = [str(path) for path in place.rglob("*.part")]
        return kills, f"left behind: {left}" if left else ""


def main() -> None:
    """Parse, run each verb undisturbed, then torture them in turn."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kills", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--verbs", nargs="+", choices=list(VERBS), default=list(VERBS))
    options = parser.parse_args()
    random, kills, wrong, kept = Random(options.seed), 0, 0, Path("torture-findings").resolve()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "pictures").mkdir()
        for number in range(260):  # enough for worker processes
            Image.fromarray(paint(number, 48)).save(root / f"pictures/{number}.png")
        (root / "few").mkdir()
        for number in range(12):
            shutil.copy(root / f"pictures/{number}.png", root / "few")
        _undisturbed(root)
        expected, seconds = {}, {}
        for verb in options.verbs:
            place = root / f"undisturbed-{verb}"
            place.mkdir()
            began = time.monotonic()
            assert start(verb, place).wait() == 0, (place / "said.txt").read_text()
            seconds[verb], expected[verb] = time.monotonic() - began, results(verb, place)
            print(f"{verb}: {seconds[verb]:.1f} s, {len(expected[verb])} files", flush=True)
        for number in range(10**6):
            if kills >= options.kills:
                break
            verb, place = options.verbs[number % len(options.verbs)], root / str(number)
            place.mkdir()
            times, what = torture(verb, place, seconds[verb], random)
            found = results(verb, place)
            if not what and found != expected[verb]:
                names = found.keys() | expected[verb].keys()
                what = "differs: " + ", ".join(
                    sorted(name for name in names if found.get(name) != expected[verb].get(name))
                )
            kills += times
            if what:
                wrong += 1
                shutil.copytree(place, kept / f"{verb}-{options.seed}-{number}", dirs_exist_ok=True)
                print(f"{verb} {number}, killed {times} times: {what[:300]}", flush=True)
            shutil.rmtree(place)
    print(f"Seed {options.seed}: {kills} kills, {wrong} wrong.")
    raise SystemExit(1 if wrong else 0)


def _undisturbed(root: Path) -> None:
    """The set and the run that other verbs begin from."""
    small = ["--size", "32", "--no-features"]
    for words in (
        ["prepare", "pictures", "--out", "set", *small],
        ["train", "set", *RECIPE, "--images", "24", "--out", "run"],
        ["strokes", "make", "--count", "200", "--out", "shards"],
    ):
        command = [sys.executable, "-m", "impasto", *words]
        subprocess.run(command, cwd=root, check=True, capture_output=True)


if __name__ == "__main__":
    main()
