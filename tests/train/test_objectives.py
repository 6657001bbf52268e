"""What each network minimises."""

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from impasto import recipes
from impasto.config import change
from impasto.core.device import choose_device
from impasto.losses import stamp
from impasto.models.frozen import EfficientNetLite
from impasto.train import steps
from impasto.train.objectives import StepBatch, discriminator_loss, generator_loss
from impasto.train.state import State
from impasto.train.steps import gan_state, gan_step
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


class Bowl(nn.Module):
    """A discriminator whose gradient is known: w·x + bend/2·‖x‖² has w + bend·x."""

    def __init__(self, bend: float) -> None:
        super().__init__()
        self.weight, self.bend = nn.Parameter(torch.linspace(-0.2, 0.3, 3 * 16 * 16)), bend

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.flatten(1)
        return x @ self.weight + self.bend / 2 * x.square().sum(1)

    def penalty(self, x: torch.Tensor) -> torch.Tensor:
        return (self.weight + self.bend * x.flatten(1)).square().sum(1).mean()


@pytest.mark.parametrize(
    ("bend", "changes"),
    [
        (0.3, {"r1": 2.0}),
        (0.3, {"r2": 3.0}),
        (0.3, {"r1": 2.0, "r2": 3.0}),
        (0.3, {"r1": 2.0, "r2": 3.0, "penalty_fall": 0.2}),
        (0.0, {"gradient_penalty": 5.0}),
        (0.3, {"label_smoothing": 0.1}),
        (0.3, {"stamp": 7.0}),
    ],
)
@pytest.mark.parametrize("step", [0, 1, 4])
def test_losses_are_the_sums_that_a_recipe_names(bend, changes, step):
    wanted = {"penalty_every": 4} | changes
    config = change(
        recipes.load("dcgan-tutorial-64"),
        {f"loss.{name}": value for name, value in wanted.items()}
        | {"optimiser.decay_images": 1000 if "penalty_fall" in changes else None},
    )
    bowl, chance = Bowl(bend), torch.Generator().manual_seed(0)
    reals, fakes = torch.rand(2, 4, 3, 16, 16, generator=chance) * 0.4 - 0.2
    networks, cpu = (
        {"generator": nn.Identity(), "discriminator": bowl},
        choose_device("cpu", "fp32"),
    )
    state = State(cpu.device, networks, {}, {}, {"probability": 1.0}, images=1000, steps=step)
    batch = StepBatch(reals, fakes, (), None)
    found = discriminator_loss(state, batch, config, cpu)
    g_loss, _ = generator_loss(state, batch, config, cpu)

    fallen, due = wanted.get("penalty_fall", 1.0), step % 4 == 0
    d_loss = softplus(-bowl(reals)).mean() + softplus(bowl(fakes)).mean()
    d_loss = d_loss + wanted.get("label_smoothing", 0) * bowl(reals).mean()
    penalty = wanted.get("r1", 0) / 2 * bowl.penalty(reals)
    penalty = fallen * (penalty + wanted.get("r2", 0) / 2 * bowl.penalty(fakes))
    penalty = penalty + wanted.get("gradient_penalty", 0) * (bowl.weight.norm() - 1).square()
    penalty = 4 * due * penalty
    expected = softplus(-bowl(fakes)).mean() + wanted.get("stamp", 0) * stamp(fakes, reals)
    assert found.loss.item() == pytest.approx(d_loss.item(), rel=1e-4)
    assert found.penalty.item() == pytest.approx(penalty.item(), rel=1e-4)
    assert g_loss.item() == pytest.approx(expected.item(), rel=1e-4)
    (ours,) = torch.autograd.grad(found.loss + found.penalty, bowl.weight)
    (theirs,) = torch.autograd.grad(d_loss + penalty, bowl.weight)
    assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-6)
