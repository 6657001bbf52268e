"""One core, all cores, and Impasto's own choice, beside other programs that are busy.

    python bench/busy.py                               # training at 64², three loads, three rounds
    python bench/busy.py --works train generate paint --loads none matrices --rounds 5

Each side runs in a process of its own for some seconds, in turn (one, all, chosen, one, …), so that
a drift of the machine's speed hits all of them. Loads are three programs that multiply matrices on
all cores, three plain loops, or nothing. What counts is the choice against the better of the two.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOADS = {
    "none": "",
    "matrices": "import torch; a = torch.randn(1024, 1024)\nwhile True: a @ a",
    "loops": "while True: pass",
}

PROGRAMS = 3

WARM_UP = 5.0
"""Seconds until a load is at work: it loads PyTorch first."""

Work = Callable[[], int]
"""A piece of work, and how many pictures or strokes it was."""


def training() -> Work:
    """A step of the default training at 64²."""
    import numpy as np

    from impasto.core.device import choose_device
    from impasto.data.loader import Batches
    from impasto.recipes import load
    from impasto.train.loop import Length, train
    from impasto.train.steps import gan_state, gan_step

    config, device = load("impasto-64"), choose_device("cpu")
    noise = np.random.default_rng(0).integers(0, 256, (256, 64, 64, 3), dtype=np.uint8)
    batches = Batches(noise, config.training.batch_size, seed=0)
    state, step = gan_state(config, device.device), gan_step(config, device)

    def work() -> int:
        train(state, step, batches, [], Length(images=state.images + batches.batch))
        return batches.batch

    return work


def generating() -> Work:
    """64 pictures of a generator that comes with Impasto."""
    from pathlib import Path

    from impasto.generate.artefact import load_generator
    from impasto.generate.sampler import paint_seeds

    painter = load_generator(Path("impressionists-64"))
    return lambda: len(paint_seeds(painter, range(64)))


def painting() -> Work:
    """A picture in 200 strokes."""
    import numpy as np

    from impasto.brush.brushes import load_brush
    from impasto.data.colourfield import paint as made
    from impasto.paint.pace import Pace
    from impasto.paint.painter import Plan, Subject, paint

    picture = (made(0, 256) / 255).astype(np.float32)
    subject = Subject(picture, np.ones(picture.shape[:2], np.float32), (0.5, 0.5, 0.5))
    plan = Plan(strokes=200)

    def work() -> int:
        paint(subject, "oil", load_brush("oil").network, plan, Pace(plan.strokes, plan.steps))
        return plan.strokes

    return work


WORKS = {"train": training, "generate": generating, "paint": painting}


def measure(work: str, side: str, seconds: float) -> float:
    """Pictures or strokes a second, from the first piece of work on."""
    from impasto.core.device import keep_freed_memory

    keep_freed_memory()

    import torch

    if side == "one":
        torch.set_num_threads(1)
    elif side == "all":
        os.environ["OMP_NUM_THREADS"] = str(torch.get_num_threads())  # keeps the choice off
    piece, done = WORKS[work](), 0
    began = time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        done += piece()
    return done / took if done else 0.0


@contextmanager
def load(name: str) -> Iterator[None]:
    """Other programs at work within."""
    code = LOADS[name]
    command = [sys.executable, "-c", code]
    programs = [subprocess.Popen(command) for _ in range(PROGRAMS if code else 0)]
    try:
        time.sleep(WARM_UP if code else 0)
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def compare(work: str, name: str, rounds: int, seconds: float) -> float:
    """Print a row for each side; the choice's speed as a share of the better side's."""
    speeds: dict[str, list[float]] = {"one": [], "all": [], "chosen": []}
    with load(name):
        for _ in range(rounds):
            for side, found in speeds.items():
                command = [sys.executable, __file__, "--side", side, "--works", work]
                command += ["--seconds", str(seconds)]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                found.append(json.loads(done.stdout))
    middle = {side: statistics.median(found) for side, found in speeds.items()}
    share = middle["chosen"] / max(middle["one"], middle["all"])
    row = "  ".join(f"{side} {speed:7.1f}" for side, speed in middle.items())
    print(
        f"{work:9} beside {name:9} {row}  a second; chosen at {share:.2f} of the better", flush=True
    )
    return share


def main() -> None:
    """Parse, run, print rows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--works", nargs="+", choices=list(WORKS), default=["train"])
    parser.add_argument("--loads", nargs="+", choices=list(LOADS), default=list(LOADS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--side", choices=["one", "all", "chosen"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(measure(options.works[0], options.side, options.seconds)))
        return
    shares = [
        compare(work, name, options.rounds, options.seconds)
        for name in options.loads
        for work in options.works
    ]
    print(f"At least {min(shares):.2f} of the better of the two.")


if __name__ == "__main__":
    main()
