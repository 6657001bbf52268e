"""The moving average of weights against its formula."""

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from impasto.config import change
from impasto.models.settle import settle
from impasto.train.average import start_average, update_average
from impasto.train.hooks import settle_average
from impasto.train.steps import gan_state


def test_one_update_is_an_exact_interpolation():
    network = nn.Linear(1, 1)
    average = start_average(network)
    before = average.weight.clone()
    with torch.no_grad():
        network.weight.add_(1.0)
    update_average(average, network, batch=10, images=10_000, half_life=100, ramp=1.0)
    decay = 0.5 ** (10 / 100)
    assert average.weight.item() == pytest.approx(before.item() + (1 - decay) * 1.0, abs=1e-6)


def test_after_one_half_life_a_difference_has_halved():
    network = nn.Linear(1, 1)
    average = start_average(network)
    start = average.weight.item()
    with torch.no_grad():
        network.weight.fill_(start + 1.0)
    for step in range(10):
        update_average(average, network, 10, images=10**6 + step * 10, half_life=100, ramp=1.0)
    assert average.weight.item() == pytest.approx(start + 0.5, abs=1e-5)


def test_the_ramp_lets_the_first_steps_through_almost_whole():
    network = nn.Linear(1, 1)
    average = start_average(network)
    with torch.no_grad():
        network.weight.fill_(7.0)
    update_average(average, network, batch=64, images=64, half_life=10_000, ramp=0.05)
    assert average.weight.item() == pytest.approx(7.0, abs=1e-4)


def test_running_statistics_belong_to_the_average_and_counters_are_copied():
    network = nn.BatchNorm2d(2)
    average = start_average(network)
    network(torch.randn(8, 2, 4, 4) + 5)
    update_average(average, network, batch=8, images=10**6, half_life=8, ramp=1.0)
    assert torch.allclose(average.running_mean, network.running_mean / 2)
    assert average.num_batches_tracked == network.num_batches_tracked == 1


def test_directions_of_spectral_norm_are_copied_and_weights_averaged():
    network = spectral_norm(nn.Linear(3, 3))
    average = start_average(network)
    before = average.parametrizations.weight.original.clone()
    with torch.no_grad():
        network.parametrizations.weight.original.add_(1)
    network(torch.randn(2, 3))  # a power iteration
    update_average(average, network, batch=8, images=10**6, half_life=8, ramp=1.0)
    ours, theirs = average.parametrizations.weight, network.parametrizations.weight
    assert torch.allclose(ours.original, before + 0.5, atol=1e-5)
    assert torch.equal(ours[0]._u, theirs[0]._u)
    assert torch.equal(ours[0]._v, theirs[0]._v)


def test_the_average_is_frozen_and_a_copy():
    network = nn.Linear(2, 2)
    average = start_average(network)
    assert not any(weight.requires_grad for weight in average.parameters())
    assert not average.training
    assert average.weight.data_ptr() != network.weight.data_ptr()


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


def test_an_average_that_is_kept_has_statistics_of_its_weights_alone(tiny):
    """Whatever they were before: it does not matter how often somebody has looked."""
    for settle_it in (False, True):
        config = change(tiny, {"training.settle": settle_it, "training.ema_half_life": 100.0})
        state = gan_state(config, torch.device("cpu"))
        average, found = state.averages["generator"], []
        for before in (0.0, 7.0):
            for module in average.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.running_mean.fill_(before)
            settle_average(config, ())(state)
            found.append({n: v.clone() for n, v in average.state_dict().items()})
        same = all(torch.equal(found[0][name], found[1][name]) for name in found[0])
        assert same is settle_it
