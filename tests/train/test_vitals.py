"""Signs of life on batches whose answer is known."""

import pytest
import torch

from impasto.train.vitals import gradient_norm, variety, win_rate


def test_the_win_rate_counts_pairs_that_are_ranked_right():
    assert win_rate(torch.tensor([3.0, 1.0]), torch.tensor([2.0, 0.0])).item() == 0.75
    assert win_rate(torch.ones(3), torch.zeros(2)).item() == 1
    assert win_rate(torch.zeros(4), torch.zeros(4)).item() == 0.5


def test_several_logits_of_a_picture_vote_by_their_mean():
    real, fake = torch.tensor([[1.0, -3.0]]), torch.tensor([[0.0, 0.0]])
    assert win_rate(real, fake).item() == 0


def test_one_picture_again_and_again_has_no_variety():
    reals = torch.randn(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert variety(reals[:1].expand(16, -1, -1, -1), reals).item() == pytest.approx(0, abs=1e-6)
    assert variety(reals, reals).item() == pytest.approx(1)
    assert variety(reals / 2, reals).item() == pytest.approx(0.5)


def test_variety_is_of_composition_not_of_grain():
    generator = torch.Generator().manual_seed(1)
    tones = torch.randn(64, 3, 1, 1, generator=generator)
    reals = tones.expand(-1, -1, 64, 64)
    grain = 1.0 * torch.randn(64, 3, 64, 64, generator=generator)
    assert variety(grain, reals).item() < 0.2


def test_the_gradients_length_is_that_of_all_weights_together():
    weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(3)]
    for weight, value in zip(weights, (3.0, 4.0, None), strict=True):
        weight.grad = None if value is None else torch.tensor([value])
    assert gradient_norm(weights).item() == pytest.approx(5.0)
