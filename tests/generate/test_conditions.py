"""Labels and truncation: what they do, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from impasto.errors import ImpastoError
from impasto.generate.conditions import Conditioned, paint, resampled
from impasto.generate.latents import of_seed
from impasto.generate.layers import readers, shrunk
from impasto.models.fastgan import Generator
from tests.generate.conftest import LATENT


def pictures(painter, latents):
    return np.concatenate(list(paint(painter, latents)))


def test_shrinking_a_latent_is_multiplying_it_where_nothing_else_happens(painter):
    z = of_seed(3, painter.latent)
    shrunk_by_half = pictures(painter, [replace(z, truncation=0.5)])
    multiplied = pictures(painter, [replace(z, values=z.values * 0.5)])
    assert np.array_equal(shrunk_by_half, multiplied)
    assert not np.array_equal(shrunk_by_half, pictures(painter, [z]))


def test_at_0_all_pictures_are_the_one_in_the_middle(painter, mapped):
    latents = [replace(of_seed(seed, LATENT), truncation=0.0) for seed in range(3)]
    for who, label in ((painter, None), (mapped, "Klee")):
        found = pictures(who, [replace(z, label=label) for z in latents])
        assert (found == found[0]).all()


def test_painting_changes_nothing_in_the_generator(painter):
    before = {name: value.clone() for name, value in painter.network.state_dict().items()}
    for truncation in (0.5, 1.0, 0.0):
        pictures(painter, [replace(of_seed(1, painter.latent), truncation=truncation)])
    after = painter.network.state_dict()
    assert all(torch.equal(before[name], value) for name, value in after.items())
    assert not painter.network.training


def test_shrinking_works_where_the_generator_normalises_its_latents():
    torch.manual_seed(0)
    network = Generator(32, LATENT, 4, normalise_latents=True).eval().requires_grad_(False)
    for module in network.modules():  # loud enough that a difference shows
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.fill_(1e-3)
    z = torch.randn(3, LATENT)
    assert torch.allclose(network(z), network(0.5 * z), atol=1e-5)  # it does not feel the length
    with shrunk(readers(network, LATENT), 0.5):
        inside = network(z)
    assert (inside - network(z)).abs().mean() > 1e-2
    assert torch.equal(network(z), network(z))  # and outside all is as before


def test_pictures_keep_their_order_their_labels_and_their_shape(mapped):
    z = of_seed(1, LATENT)
    klee, marc = replace(z, label="Klee"), replace(z, label="Marc")
    found = pictures(mapped, [klee, marc, marc, klee])
    assert found.shape == (4, 16, 24, 3)
    assert np.array_equal(found[0], found[3])
    assert np.array_equal(found[1], found[2])
    assert not np.array_equal(found[0], found[1])


def test_labels_that_are_not_there_are_one_sentence(painter, mapped):
    with pytest.raises(ImpastoError, match="--label"):
        Conditioned(painter, "Klee")
    with pytest.raises(ImpastoError, match=r"Monet .*Klee, Marc"):
        Conditioned(mapped, "Monet")
    with pytest.raises(ImpastoError, match="--label is missing"):
        Conditioned(mapped)


def test_resampling_keeps_what_lies_within_and_draws_the_rest_again():
    plain = of_seed(7, 2_000).values
    found = resampled(7, 2_000, 0.8)
    assert found.abs().max() <= 0.8
    within = plain.abs() <= 0.8
    assert torch.equal(found[within], plain[within])
    assert torch.equal(found, resampled(7, 2_000, 0.8))
    assert torch.equal(resampled(7, 2_000, 100), plain)
    # A normal distribution cut off at ±0.8 has this deviation.
    assert abs(found.std() - 0.4403) < 0.02


def test_a_threshold_that_would_take_for_ever_is_refused():
    with pytest.raises(ImpastoError, match="--truncation"):
        resampled(0, 8, 0.0)


class Constant(nn.Module):
    """A generator in which no layer reads the latent."""

    def forward(self, latents):
        """Grey, whatever it is given."""
        return torch.zeros(len(latents), 3, 64, 64)


def test_a_generator_whose_layers_do_not_take_the_latent_is_told_what_it_cannot_have():
    with pytest.raises(ImpastoError, match=r"takes the latent itself.*directions.*nor a trunc"):
        readers(Constant(), LATENT)
