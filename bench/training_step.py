"""Impasto's training step against the DCGAN tutorial's as published, side by side.

    python bench/training_step.py --size 64
    python bench/training_step.py --size 128 --rounds 7
    python bench/training_step.py --size 64 --precision fp32     # as on a CPU without bf16

Each side runs in a process of its own, started as its users start it, in turn (A B A B …), so that
a drift of the machine's speed hits both. What counts is the ratio of the medians.

- `tutorial`: the step as the PyTorch tutorial has it, a plain loop in fp32 on pictures in memory.
- `impasto`: the recipe `dcgan-tutorial-64` through Impasto's own loop, from a packed set on disk,
  with its hooks; the same networks, batch, optimiser and game.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

BATCH = {64: 128, 128: 64}


def published_networks(size: int) -> tuple["nn.Module", "nn.Module"]:
    """The tutorial's generator and discriminator, of torch.nn's own layers; none of ours."""
    from torch import nn

    doublings = int(math.log2(size)) - 3
    widths = [64 * 2**power for power in range(doublings + 1)]
    deepest = widths[-1]
    painting: list[nn.Module] = [nn.ConvTranspose2d(100, deepest, 4, 1, 0, bias=False)]
    judging: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for fine, coarse in pairwise(widths):
        judging += [nn.Conv2d(fine, coarse, 4, 2, 1, bias=False)]
        judging += [nn.BatchNorm2d(coarse), nn.LeakyReLU(0.2, True)]
    for coarse, fine in pairwise([*widths[::-1], 3]):
        painting += [nn.BatchNorm2d(coarse), nn.ReLU(True)]
        painting += [nn.ConvTranspose2d(coarse, fine, 4, 2, 1, bias=False)]
    judging += [nn.Conv2d(deepest, 1, 4, 1, 0, bias=False), nn.Sigmoid(), nn.Flatten(0)]
    return nn.Sequential(*painting, nn.Tanh()), nn.Sequential(*judging)


def tutorial(size: int, steps: int) -> dict[str, float]:
    """Seconds per step of the published training step."""
    import torch
    from torch import nn

    torch.manual_seed(999)
    batch = BATCH[size]
    generator, discriminator = published_networks(size)
    criterion = nn.BCELoss()
    d_optimiser = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    g_optimiser = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    reals = torch.rand(batch, 3, size, size) * 2 - 1
    seconds = []
    for _ in range(steps):
        began = time.perf_counter()
        discriminator.zero_grad()
        label = torch.full((batch,), 1.0)
        criterion(discriminator(reals), label).backward()
        fakes = generator(torch.randn(batch, 100, 1, 1))
        label.fill_(0.0)
        criterion(discriminator(fakes.detach()), label).backward()
        d_optimiser.step()
        generator.zero_grad()
        label.fill_(1.0)
        criterion(discriminator(fakes), label).backward()
        g_optimiser.step()
        seconds.append(time.perf_counter() - began)
    return {"step": statistics.median(seconds[steps // 4 :])}


def impasto(size: int, steps: int, precision: str) -> dict[str, float]:
    """Seconds per step of the same recipe in Impasto, and the seconds of it that loading takes."""
    from impasto.core.device import choose_device, keep_freed_memory

    keep_freed_memory()

    import numpy as np

    from impasto.config import change
    from impasto.data.loader import Batches, to_tensor
    from impasto.recipes import load
    from impasto.train.loop import Hook, Length, train
    from impasto.train.steps import gan_state, gan_step

    batch = BATCH[size]
    changes = {"model.size": size, "training.batch": batch}
    config = change(load("dcgan-tutorial-64"), changes)
    device = choose_device("cpu", precision)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pictures.npy"
        noise = np.random.default_rng(0).integers(0, 256, (2_000, size, size, 3), dtype=np.uint8)
        np.save(file, noise)
        batches = Batches(np.load(file, mmap_mode="r"), batch, seed=0)
        state = gan_state(config, device.device)
        moments: list[float] = []
        watch = Hook(
            lambda _state, _numbers: moments.append(time.perf_counter()), every_images=batch
        )
        train(state, gan_step(config, device), batches, [watch], Length(images=batch * steps))
        loading = []
        for number in range(20):
            began = time.perf_counter()
            to_tensor(batches.at(number * batch), device.device)
            loading.append(time.perf_counter() - began)
    gaps = [after - before for before, after in pairwise(moments)]
    return {
        "step": statistics.median(gaps[steps // 4 :]),
        "loading": statistics.median(loading),
        "bf16": float(device.bf16),
    }


def compare(size: int, rounds: int, steps: int, precision: str) -> dict[str, float]:
    """Run both sides in turn, each in its own process, and compare the medians."""
    found: dict[str, list[dict[str, float]]] = {"tutorial": [], "impasto": []}
    for number in range(rounds):
        for side, rows in found.items():
            command = [sys.executable, __file__, "--side", side, "--size", str(size)]
            command += ["--steps", str(steps), "--precision", precision]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rows.append(json.loads(done.stdout))
            speed = BATCH[size] / rows[-1]["step"]
            print(f"round {number + 1}  {side:9}{speed:8.1f} images/s", file=sys.stderr)
    median = {side: statistics.median(row["step"] for row in rows) for side, rows in found.items()}
    pairs = zip(found["tutorial"], found["impasto"], strict=True)
    ratios = sorted(theirs["step"] / ours["step"] for theirs, ours in pairs)
    return {
        "size": size,
        "batch": BATCH[size],
        "bf16": found["impasto"][0]["bf16"],
        "tutorial_images_per_second": BATCH[size] / median["tutorial"],
        "impasto_images_per_second": BATCH[size] / median["impasto"],
        "ratio_of_medians": median["tutorial"] / median["impasto"],
        "lowest_ratio_of_a_round": ratios[0],
        "highest_ratio_of_a_round": ratios[-1],
        "loading_share": statistics.median(row["loading"] for row in found["impasto"])
        / median["impasto"],
        "threads": float(os.cpu_count() or 0),
    }


def main() -> None:
    """Parse, run, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, choices=sorted(BATCH), default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--precision", choices=["auto", "fp32", "bf16"], default="auto")
    parser.add_argument("--side", choices=["tutorial", "impasto"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side == "tutorial":
        print(json.dumps(tutorial(options.size, options.steps)))
    elif options.side == "impasto":
        print(json.dumps(impasto(options.size, options.steps, options.precision)))
    else:
        figures = compare(options.size, options.rounds, options.steps, options.precision)
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}, indent=2))


if __name__ == "__main__":
    main()
