"""What several processes exchange in a step, and what an exchange costs.

    python bench/exchanges.py [--recipe impasto-64] [--processes 1 2] [--steps 12]

Takes the steps twice, rounded up to whole periods of the second critic and lazy penalties. Counts
of exchanges and bytes are those of the second time, by kind; seconds are processor seconds of each
process (`time.process_time`), which a busy machine disturbs less than a clock. Then single
exchanges between the same processes: of a layer's moments, and of all gradients.
"""

import argparse
import json
import time
from collections import Counter

from noise_steps import SIDE, begin, launched


def measure(recipe: str, steps: int) -> None:
    """In this process, with the others; the leader prints."""
    import torch
    import torch.distributed as dist

    from impasto.core.together import RANKS

    state, _, advance, whole = begin(recipe)
    steps = whole(steps)
    calls: Counter[str] = Counter()
    sizes: Counter[str] = Counter()

    def counting(name: str, which: int) -> None:
        function = getattr(dist, name)

        def counted(*words, **more):  # type: ignore[no-untyped-def]
            calls[name] += 1
            sizes[name] += words[which].numel() * words[which].element_size()
            return function(*words, **more)

        setattr(dist, name, counted)

    counting("all_reduce", 0)
    counting("all_gather", 1)
    busy = 0.0
    for number in range(-steps, steps):
        if number == 0:
            calls.clear()
            sizes.clear()
            busy = time.process_time()
        advance()
    found = {
        "processes": RANKS.count,
        "steps": steps,
        "cpu_seconds_a_step": round((time.process_time() - busy) / steps, 4),
        "exchanges_a_step": {name: round(count / steps, 1) for name, count in calls.items()},
        "kilobytes_a_step": {name: round(size / steps / 1000, 1) for name, size in sizes.items()},
    }
    if RANKS.count > 1:
        every = sum(weight.numel() for each in state.networks.values()
                    for weight in each.parameters() if weight.requires_grad)  # fmt: skip
        for what, size in (("moments of 128 channels", 256), ("all gradients", every)):
            values, times = torch.rand(size), 200 if size < 1000 else 10
            busy, began = time.process_time(), time.perf_counter()
            for _ in range(times):
                dist.all_reduce(values)
                values.div_(RANKS.count)
            took, spent = time.perf_counter() - began, time.process_time() - busy
            found[what] = {
                "bytes": 4 * size, "ms": round(1000 * took / times, 3),
                "cpu_ms": round(1000 * spent / times, 3),
            }  # fmt: skip
    if RANKS.leads:
        print(json.dumps(found))


def main() -> None:
    """Parse, and measure one process and several."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipe", default="impasto-64")
    parser.add_argument("--processes", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument(SIDE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        measure(options.recipe, options.steps)
        return
    for count in options.processes:
        print(launched(__file__, count, options.recipe, options.steps, threads=1), end="")


if __name__ == "__main__":
    main()
