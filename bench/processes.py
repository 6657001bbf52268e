"""One process with all threads against several with their share: images a second of a recipe.

    python bench/processes.py                                   # impasto-64, 1 and 2 processes
    python bench/processes.py --recipe impasto-128 --processes 1 2 4 --rounds 3

The sides take turns, so that a drift of the machine's speed hits all. The batch is the whole batch
on every side. With several processes also: how long a step waits for the others' gradients.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

SIDE = "--side"


def measure(recipe: str, steps: int) -> None:
    """Time steps on noise in this process, with the others if there are any; the leader prints."""
    import torch

    from impasto.config import change
    from impasto.core.device import choose_device, keep_freed_memory
    from impasto.core.together import RANKS
    from impasto.recipes import load
    from impasto.train.steps import gan_state, gan_step

    keep_freed_memory()
    device = choose_device("auto")
    RANKS.join(device.device)
    config = change(load(recipe), {"training.seed": 0})
    state, step = gan_state(config, device.device), gan_step(config, device)
    shape = (config.training.batch_size, 3, config.model.height, config.model.width)
    reals = RANKS.rows(torch.rand(shape, device=device.device) * 2 - 1)
    waited, average = 0.0, RANKS.average_gradients

    def timed(weights: list[torch.nn.Parameter]) -> None:
        nonlocal waited
        began = time.perf_counter()
        average(weights)
        waited += time.perf_counter() - began

    RANKS.average_gradients = timed  # type: ignore[method-assign,assignment]
    began = 0.0
    for number in range(-6, steps):  # a whole round of the second critic, twice, to warm up
        if number == 0:
            waited, began = 0.0, time.perf_counter()
        RANKS.agreed(step(state, reals), 0.0, False, False)
        state.steps += 1
        state.images += shape[0]
    took = time.perf_counter() - began
    if RANKS.leads:
        print(json.dumps({"speed": steps * shape[0] / took, "waiting": waited / steps}))


def main() -> None:
    """Parse, run the sides in turn, print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", default="impasto-64")
    parser.add_argument("--processes", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument(SIDE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        measure(options.recipe, options.steps)
        return
    cores = os.cpu_count() or 1
    found: dict[int, list[dict[str, float]]] = {count: [] for count in options.processes}
    for _ in range(options.rounds):
        for count, rows in found.items():
            command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
            command += [f"--nproc-per-node={count}", __file__, SIDE]
            command += ["--recipe", options.recipe, "--steps", str(options.steps)]
            environment = os.environ | {"OMP_NUM_THREADS": str(max(1, cores // count))}
            done = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, text=True, env=environment
            )
            rows.append(json.loads(done.stdout))
    first = 0.0
    for count, rows in found.items():
        speed = statistics.median(row["speed"] for row in rows)
        waiting = statistics.median(row["waiting"] for row in rows)
        first = first or speed
        print(
            f"{options.recipe}: {count} × {max(1, cores // count)} threads {speed:7.1f} images/s "
            f"({speed / first:.2f}), gradients {1000 * waiting:.0f} ms a step"
        )


if __name__ == "__main__":
    main()
