"""What each network minimises."""

import torch

from impasto import recipes
from impasto.config import change
from impasto.core.device import choose_device
from impasto.models.frozen import EfficientNetLite
from impasto.train import steps
from impasto.train.steps import (
    gan_state,
    gan_step,
)
from tests.train.test_steps import SMALL


def test_one_look_at_the_samples_serves_both_steps_as_two_would(monkeypatch):
    changes = SMALL | {"augment.policy": [], "model.size": 32, "training.batch": 4}
    changes |= {"model.dinov2_every": 0}  # its grid lies elsewhere in every look
    config, device = change(recipes.load("impasto-64"), changes), choose_device("cpu", "fp32")
    reals = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    looked, weights = [], []
    stages = EfficientNetLite.stages
    monkeypatch.setattr(
        EfficientNetLite, "stages", lambda *given: (looked.append(1), stages(*given))[1]
    )
    for twice in (False, True):
        if twice:
            monkeypatch.setattr(steps, "shared_fake_features", lambda *_: (None, None))
        state, step = gan_state(config, device.device), gan_step(config, device)
        looked.clear()
        for _ in range(2):
            step(state, reals)
        assert len(looked) == (6 if twice else 4)
        weights.append(
            [w.detach().clone() for n in state.networks.values() for w in n.parameters()]
        )
    for once, two in zip(*weights, strict=True):
        # Adam's first steps are as long as the rate: a rounding may turn one round.
        assert (once - two).abs().mean() < 0.05 * config.optimiser.g_lr
