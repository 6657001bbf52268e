"""One process with all threads against several with their share: images a second of a recipe.

    python bench/processes.py                                   # impasto-64, 1 and 2 processes
    python bench/processes.py --recipe impasto-128 --processes 1 2 4 --rounds 3 --batch 64

The sides take turns, so that a drift of the machine's speed hits all. The batch is the whole batch
on every side: the recipe's, if not given. With several processes also: how long a step waits for
the others' gradients.
"""

import argparse
import json
import os
import statistics
import time

from noise_steps import SIDE, begin, launched

WARM_UP = 6
"""Steps before those that are timed; both are rounded up to whole periods of the recipe."""


def measure(recipe: str, steps: int, batch: int | None) -> None:
    """Time steps on noise in this process, with the others if there are any; the leader prints."""
    import torch

    from impasto.core.together import RANKS

    _, pictures, advance, whole = begin(recipe, batch)
    steps = whole(steps)
    waited, average = 0.0, RANKS.average_gradients

    def timed(weights: list[torch.nn.Parameter]) -> None:
        nonlocal waited
        began = time.perf_counter()
        average(weights)
        waited += time.perf_counter() - began

    RANKS.average_gradients = timed  # type: ignore[method-assign,assignment]
    began = 0.0
    for number in range(-whole(WARM_UP), steps):
        if number == 0:
            waited, began = 0.0, time.perf_counter()
        advance()
    took = time.perf_counter() - began
    if RANKS.leads:
        print(json.dumps({"speed": steps * pictures / took, "waiting": waited / steps}))


def main() -> None:
    """Parse, run the sides in turn, print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", default="impasto-64")
    parser.add_argument("--processes", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--batch", type=int)
    parser.add_argument(SIDE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        measure(options.recipe, options.steps, options.batch)
        return
    cores = os.cpu_count() or 1
    found: dict[int, list[dict[str, float]]] = {count: [] for count in options.processes}
    for _ in range(options.rounds):
        for count, rows in found.items():
            threads = max(1, cores // count)
            said = launched(__file__, count, options.recipe, options.steps, threads, options.batch)
            rows.append(json.loads(said))
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
