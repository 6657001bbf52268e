"""A step keeps to its device and never waits for it: run on `meta`, where neither is possible.

A tensor on `meta` has no numbers: whatever mixes it with the CPU's, or asks for its value, raises.
So what would crash on a GPU, or make it wait at every step, shows on any machine.
"""

import pytest
import torch

from impasto import recipes
from impasto.config import Config, change
from impasto.core.device import Device
from impasto.train.steps import gan_state, gan_step

pytestmark = pytest.mark.slow

META = Device(torch.device("meta"), bf16=False)
TWO_NETS = {"model.generator_width": 8, "model.discriminator_width": 8, "training.batch": 4}


@pytest.fixture(autouse=True)
def as_far_as_meta_goes(monkeypatch):
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda *_: False)  # meta knows none


def numbers_after(config: Config, steps: int) -> dict[str, torch.Tensor]:
    state, batch = gan_state(config, META.device), config.training.batch_size
    for optimiser in state.optimisers.values():
        for group in optimiser.param_groups:
            group["fused"] = False  # meta has no such kernel
    labels = torch.zeros(batch, dtype=torch.int64, device="meta")
    step = gan_step(config, META, (lambda *_: labels) if config.model.labels else None)
    reals = torch.empty(batch, 3, config.model.height, config.model.width, device="meta")
    found: dict[str, torch.Tensor] = {}
    for _ in range(steps):
        found |= step(state, reals)
        state.steps, state.images = state.steps + 1, state.images + batch
    return found


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipes_round_stays_on_its_device_and_asks_for_no_value(name):
    config = change(recipes.load(name), TWO_NETS | {"loss.warm_up": False})
    found = numbers_after(config, config.loss.discriminator_steps + 1)
    assert {"d_loss", "g_loss"} <= found.keys()
    assert {value.device.type for value in found.values()} == {"meta"}


@pytest.mark.parametrize(
    "more",
    [
        {"model.labels": 3},
        {"model.size": "96x64"},
        {"training.generator_batch": 8},
        {"training.generator_batch": 6, "model.labels": 2},
        {"loss.r1": 1.0, "loss.penalty_every": 2},
        {"optimiser.freeze_discriminator": 1},
    ],
)
def test_the_default_with_other_knobs_does_too(more):
    found = numbers_after(change(recipes.load("impasto-64"), TWO_NETS | more), 2)
    assert {value.device.type for value in found.values()} == {"meta"}
