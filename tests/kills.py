"""One training killed (`kill -9`) ten times at random moments, beside one that nothing disturbed.

    python -m tests.kills [--kills 10] [--images 4000] [--processes 2] [--seed 0]

Small networks on built-in paintings. A random process of the training dies, now and then while it
still begins; the launcher starts all again. At the end both must have seen as many images, drawn
the same sheets, written the same lines, and hold the same weights, averages and
optimisers to the bit; if not, this ends with 1.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import torch

from impasto.core.checkpoints import read_checkpoint
from impasto.core.runs import Run, read_lines
from tests.conftest import TINY_OPTIONS

PARTS = ("networks", "averages", "optimisers")
"""Of a checkpoint, that must be the same."""


def begun(folder: Path, options: argparse.Namespace) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "impasto", "train", "colourfield:12", "--precision", "fp32"]
    command += [*TINY_OPTIONS, "--processes", str(options.processes), "--out", str(folder)]
    command += ["--images", str(options.images)]
    for knob in ("training.checkpoint_minutes=0.02", "training.sample_every=400",
                 "training.log_every=40", "optimiser.cool_from=null"):  # fmt: skip
        command += ["--set", knob]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=folder.parent, text=True, env=environment, **pipes)


def ranks(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Those that train now."""
    found = []
    for each in psutil.Process(process.pid).children(recursive=True):
        try:
            if "RANK" in each.environ():
                found.append(each)
        except psutil.Error:  # it has just ended
            continue
    return found


def equal(ours: object, theirs: object) -> bool:
    """Whether all is the same to the bit, tensors and plain values alike."""
    if isinstance(ours, torch.Tensor):
        return isinstance(theirs, torch.Tensor) and torch.equal(ours, theirs)
    if isinstance(ours, dict):
        return (
            isinstance(theirs, dict)
            and ours.keys() == theirs.keys()
            and all(equal(ours[key], theirs[key]) for key in ours)
        )
    if isinstance(ours, list | tuple):
        return (
            isinstance(theirs, list | tuple)
            and len(ours) == len(theirs)
            and all(map(equal, ours, theirs))
        )
    return ours == theirs


def is_good(result: dict[str, Any], options: argparse.Namespace) -> bool:
    """Whether all is the same, and the second training was really killed and came to its end."""
    ended = result["images"] == options.images and result["kills"] > 0
    same = [*result["to_the_bit"].values(), result["same_lines"], result["same_sheets"]]
    return ended and all(same)


def main() -> None:
    """Train undisturbed, train and kill, compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as place:
        calm, torn = Run(Path(place, "calm")), Run(Path(place, "torn"))
        first = begun(calm.folder, options)
        assert first.wait() == 0, first.communicate()[1]
        second, killed = begun(torn.folder, options), []
        while len(killed) < options.kills and second.poll() is None:
            time.sleep(chance.uniform(1, 30))
            alive = ranks(second)
            if len(alive) < options.processes or (
                killed and killed[-1][2] in [p.pid for p in alive]
            ):
                continue  # they are about to begin again
            victim = chance.choice(alive)
            rank = victim.environ()["RANK"]
            kept = [int(path.stem) for path in torn.checkpoints()]
            victim.kill()
            killed.append((rank, max(kept, default=0), victim.pid))
            sys.stdout.write(f"killed process {rank}; newest checkpoint {killed[-1][1]:,}\n")
            sys.stdout.flush()
        said = second.communicate()[1]
        assert second.returncode == 0, said
        ours, theirs = (read_checkpoint(run.checkpoint(options.images)) for run in (calm, torn))
        same = {part: equal(ours[part], theirs[part]) for part in PARTS}
        lines = [
            [{k: v for k, v in row.items() if k not in ("minutes", "images_per_second")}
             for row in read_lines(run.stats)]
            for run in (calm, torn)
        ]  # fmt: skip
        sheets = [
            [(file.name, file.read_bytes()) for file in run.samples()] for run in (calm, torn)
        ]
        result = {
            "kills": len(killed), "ranks": [rank for rank, _, _ in killed],
            "images": theirs["progress"]["images"], "steps": theirs["progress"]["steps"],
            "to_the_bit": same, "same_lines": lines[0] == lines[1],
            "same_sheets": sheets[0] == sheets[1], "lines": len(lines[1]), "sheets": len(sheets[1]),
            "resumed": torn.log.read_text().count("Resuming"),
        }  # fmt: skip
        sys.stdout.write(json.dumps(result) + "\n")
    raise SystemExit(0 if is_good(result, options) else 1)


if __name__ == "__main__":
    main()
