"""BatchNorm's statistics, measured anew."""

import torch
from torch import nn

from impasto.models.settle import settle
from impasto.train.steps import (
    start_average,
)


def test_settled_statistics_are_the_means_over_the_batches_whatever_they_were():
    torch.manual_seed(0)
    average = start_average(nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3)))
    convolution, norm = average
    weights = [w.clone() for w in average.parameters()]
    batches = [(torch.randn(4, 2, 5, 5) + shift,) for shift in (0, 1, 2)]
    with torch.no_grad():
        maps = [convolution(x) for (x,) in batches]
    for before in (0.0, 100.0):
        norm.running_mean.fill_(before)
        norm.running_var.fill_(before)
        settle(average, batches)
        assert torch.allclose(
            norm.running_mean, torch.stack([y.mean((0, 2, 3)) for y in maps]).mean(0)
        )
        assert torch.allclose(
            norm.running_var, torch.stack([y.var((0, 2, 3)) for y in maps]).mean(0)
        )
    assert all(torch.equal(a, b) for a, b in zip(weights, average.parameters(), strict=True))
    assert norm.momentum == 0.1
    assert not any(module.training for module in average.modules())
