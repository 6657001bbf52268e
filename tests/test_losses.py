"""Games against the formulas of their papers, in probabilities and in double precision."""

import math

import pytest
import torch

from impasto.config import Loss
from impasto.losses import GAMES, non_saturating_discriminator, non_saturating_generator

REALS = torch.tensor([2.0, -0.5, 0.0], dtype=torch.float64)
FAKES = torch.tensor([-1.0, 0.25, 3.0], dtype=torch.float64)


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def test_discriminator_minimises_binary_cross_entropy_with_hard_labels():
    expected = -sum(math.log(sigmoid(x)) for x in REALS.tolist()) / 3
    expected -= sum(math.log(1 - sigmoid(x)) for x in FAKES.tolist()) / 3
    assert non_saturating_discriminator(REALS, FAKES).item() == pytest.approx(expected)
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    library = bce(REALS, torch.ones_like(REALS)) + bce(FAKES, torch.zeros_like(FAKES))
    assert non_saturating_discriminator(REALS, FAKES).item() == pytest.approx(library.item())


def test_generator_maximises_the_log_of_being_believed():
    expected = -sum(math.log(sigmoid(x)) for x in FAKES.tolist()) / 3
    assert non_saturating_generator(FAKES).item() == pytest.approx(expected)


def test_at_equilibrium_the_game_is_worth_two_log_two():
    zeros = torch.zeros(5)
    assert non_saturating_discriminator(zeros, zeros).item() == pytest.approx(2 * math.log(2))


def test_extreme_logits_stay_finite_where_sigmoid_then_log_would_not():
    extreme = torch.tensor([-1e4, 1e4])
    assert math.isfinite(non_saturating_discriminator(extreme, extreme).item())
    assert math.isfinite(non_saturating_generator(extreme).item())


def test_the_generator_is_pushed_hardest_where_it_is_not_believed():
    logits = torch.tensor([-8.0, 8.0], requires_grad=True)
    non_saturating_generator(logits).backward()
    assert abs(logits.grad[0]) > 100 * abs(logits.grad[1])


def test_every_game_of_the_configuration_has_an_entry():
    choices = Loss.model_fields["game"].annotation.__args__
    assert set(choices) == set(GAMES)
