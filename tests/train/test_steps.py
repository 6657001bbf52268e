"""The fast step against the textbook's: the same mathematics up to rounding."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from impasto import recipes
from impasto.config import change
from impasto.core.device import choose_device
from impasto.data.loader import Batches, to_tensor
from impasto.train.steps import gan_state, gan_step

SMALL = {"model.generator_width": 8, "model.discriminator_width": 8, "training.batch": 16}


def textbook_step(generator, discriminator, g_optimiser, d_optimiser, reals, latents):
    """The DCGAN step as one would write it first: fp32, contiguous, nothing frozen or shared."""
    bce = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(len(reals)), torch.zeros(len(reals))
    discriminator.zero_grad()
    fakes = generator(latents)
    d_loss = bce(discriminator(reals), ones) + bce(discriminator(fakes.detach()), zeros)
    d_loss.backward()
    d_optimiser.step()
    generator.zero_grad()
    g_loss = bce(discriminator(fakes), ones)
    g_loss.backward()
    g_optimiser.step()
    return d_loss.item(), g_loss.item()


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-3), ("bf16", 2e-2)])
def test_the_fast_step_is_the_textbooks_up_to_rounding(precision, tolerance):
    config = change(recipes.load("dcgan-tutorial-64"), SMALL)
    device = choose_device("cpu", precision)
    state, step = gan_state(config, device.device), gan_step(config, device)
    plain = {
        name: copy.deepcopy(network).to(memory_format=torch.contiguous_format)
        for name, network in state.networks.items()
    }
    optimisers = [
        torch.optim.Adam(plain[name].parameters(), lr=2e-4, betas=(0.5, 0.999))
        for name in ("generator", "discriminator")
    ]
    pictures = np.random.default_rng(0).integers(0, 256, (64, 64, 64, 3), dtype=np.uint8)
    batches = Batches(pictures, 16, seed=0)
    for number in range(4):
        reals = to_tensor(batches.at(number * 16), device.device)
        torch.manual_seed(number)
        fast = step(state, reals)
        torch.manual_seed(number)
        latents = torch.randn(16, 100)
        d_loss, g_loss = textbook_step(*plain.values(), *optimisers, reals.contiguous(), latents)
        assert fast["d_loss"].item() == pytest.approx(d_loss, abs=tolerance)
        assert fast["g_loss"].item() == pytest.approx(g_loss, abs=tolerance)
    assert all(weight.requires_grad for weight in state.networks["discriminator"].parameters())


def test_the_same_seed_makes_the_same_weights(tiny):
    first, second = (gan_state(tiny, torch.device("cpu")) for _ in range(2))
    for name, network in first.networks.items():
        for a, b in zip(network.parameters(), second.networks[name].parameters(), strict=True):
            assert torch.equal(a, b)


def test_an_average_exists_only_where_the_recipe_wants_one(tiny):
    cpu = torch.device("cpu")
    assert gan_state(tiny, cpu).finished() is not gan_state(tiny, cpu).networks["generator"]
    state = gan_state(change(tiny, {"training.ema_half_life": None}), cpu)
    assert state.finished() is state.networks["generator"]
