"""Every recipe's training step on this machine's device: images a second, memory, finite numbers.

    python bench/recipe_speed.py                                   # all of them, on what is there
    python bench/recipe_speed.py impasto-64 impasto-128 --device cuda --batch 64

Steps on noise, no data needed. Rounds of the discriminator count as the recipe has them; a WGAN's
warm-up is left out. On a GPU the first steps choose kernels and are not counted. Rounds are rounded
up to whole periods of the second critic and lazy penalties, and timed several times: the median.
"""

import argparse
import statistics
import sys
import time

import numpy as np
import torch
from rich.table import Table

from impasto import recipes
from impasto.config import Config, change
from impasto.core.console import console
from impasto.core.device import DEVICE_FAILED, Device, choose_device, keep_freed_memory
from impasto.data.loader import to_tensor
from impasto.train.steps import gan_state, gan_step
from noise_steps import whole_periods

WARM_UP = 5
"""Rounds that are not timed."""

FAILURES: tuple[type[Exception], ...] = (ArithmeticError, *DEVICE_FAILED)


def speed(config: Config, device: Device, rounds: int, repeats: int) -> tuple[float, float]:
    """Images a second, the median of the repeats, and the most memory of a GPU in GiB (0 on a CPU).

    Raises:
        ArithmeticError: a number is not finite.
    """
    on_gpu = device.device.type == "cuda"
    state, step = gan_state(config, device.device), gan_step(config, device, None)
    batch = config.training.batch_size
    shape = (batch, config.model.height, config.model.width, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()

    def took(rounds: int) -> float:
        """Seconds of a step."""
        steps = whole_periods(config.loss.discriminator_steps * rounds, config)
        began = time.perf_counter()
        for _ in range(steps):
            numbers = step(state, to_tensor(noise, device.device))
            state.steps, state.images = state.steps + 1, state.images + batch
        wait(device)
        seconds = (time.perf_counter() - began) / steps
        if not all(bool(torch.isfinite(value)) for value in numbers.values()):
            raise ArithmeticError("a number is not finite")
        return seconds

    took(WARM_UP)
    seconds = statistics.median(took(rounds) for _ in range(repeats))
    return batch / seconds, torch.cuda.max_memory_allocated() / 2**30 if on_gpu else 0.0


def wait(device: Device) -> None:
    """Until a GPU has done what it was told."""
    if device.device.type == "cuda":
        torch.cuda.synchronize()


def main() -> None:
    """Parse, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipes", nargs="*", metavar="NAME", help="all of them if none is named")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--precision", default="auto", choices=["auto", "fp32", "bf16"])
    parser.add_argument("--batch", type=int, help="pictures in a step, if not the recipe's")
    parser.add_argument("--rounds", type=int, default=5, help="that are timed together")
    parser.add_argument("--repeats", type=int, default=3, help="how often; the median counts")
    options = parser.parse_args()
    keep_freed_memory()
    device = choose_device(options.device, options.precision)
    name = torch.cuda.get_device_name() if device.device.type == "cuda" else ""
    table = Table("recipe", "size", "batch", "images/s", "GPU memory, GiB")
    table.title = f"{device} {name} · PyTorch {torch.__version__}"
    changes = {"loss.warm_up": False} | (
        {"training.batch": options.batch} if options.batch is not None else {}
    )
    failed = False
    for recipe in options.recipes or recipes.names():
        config = change(recipes.load(recipe), changes)
        row = [recipe, str(config.model.size), str(config.training.batch)]
        try:
            images, memory = speed(config, device, options.rounds, options.repeats)
            row += [f"{images:,.0f}", f"{memory:.2f}" if memory else "–"]
        except FAILURES as error:
            row += [type(error).__name__, "–"]
            failed = True
        table.add_row(*row)
        print(" ".join(row), file=sys.stderr, flush=True)
    console.print(table)
    sys.exit(failed)


if __name__ == "__main__":
    main()
