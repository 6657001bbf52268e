"""Steps of a recipe on noise, by one process or several: what measurements of them share."""

import math
import os
import subprocess
import sys
from collections.abc import Callable

import torch

from impasto.config import Config, change
from impasto.core.device import choose_device, keep_freed_memory
from impasto.core.together import RANKS
from impasto.recipes import load
from impasto.train.schedule import rounds_until_repeated
from impasto.train.state import State
from impasto.train.steps import gan_state, gan_step

SIDE = "--side"
"""The option by which a measurement's own processes know themselves."""


def whole_periods(steps: int, config: Config) -> int:
    """At least so many steps, and whole periods: some rounds have the second critic or a penalty.

    Steps that are timed begin and end with a period, or those rounds count too much or too little.
    """
    period = config.loss.discriminator_steps * rounds_until_repeated(config)
    return math.ceil(steps / period) * period


def begin(
    recipe: str, batch: int | None = None
) -> tuple[State, int, Callable[[], None], Callable[[int], int]]:
    """Join the others, if there are any.

    Args:
        recipe: its name.
        batch: pictures of a whole batch, if not the recipe's.

    Returns:
        The state, the pictures of a whole batch, what takes a step, and what rounds steps up to
        whole periods of the recipe.
    """
    keep_freed_memory()
    device = choose_device("auto")
    RANKS.join(device.device)
    config = change(load(recipe), {"training.seed": 0, "loss.warm_up": False})
    if batch is not None:
        config = change(config, {"training.batch": batch})
    state, step = gan_state(config, device.device), gan_step(config, device)
    shape = (config.training.batch_size, 3, config.model.height, config.model.width)
    reals = RANKS.rows(torch.rand(shape, device=device.device) * 2 - 1)

    def advance() -> None:
        RANKS.agreed(step(state, reals), 0.0, False, False)
        state.steps += 1
        state.images += shape[0]

    return state, shape[0], advance, lambda steps: whole_periods(steps, config)


def launched(
    script: str, processes: int, recipe: str, steps: int, threads: int, batch: int | None = None
) -> str:
    """What the leader of so many processes of a measurement printed."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={processes}", script, SIDE]
    command += ["--recipe", recipe, "--steps", str(steps)]
    command += ["--batch", str(batch)] if batch is not None else []
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return done.stdout
