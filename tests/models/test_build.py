"""Networks: shapes at every size, widths as published, initialisation."""

from typing import get_args

import pytest
import torch
from torch import nn

from impasto.config import Model
from impasto.models import dcgan, paint_by_numbers
from impasto.models.build import build_discriminator, build_generator

FAMILIES = {"dcgan": dcgan, "paint-by-numbers": paint_by_numbers}


@pytest.mark.parametrize("size", [32, 64, 128, 256, 512, 1024])
@pytest.mark.parametrize("family", FAMILIES)
def test_pictures_and_logits_have_their_shapes_at_every_size(family, size):
    generator = FAMILIES[family].generator(size, 6, 1)
    discriminator = FAMILIES[family].discriminator(size, 1)
    pictures = generator(torch.randn(2, 6))
    assert pictures.shape == (2, 3, size, size)
    assert pictures.abs().max() <= 1
    assert discriminator(pictures).shape == (2,)


@pytest.mark.parametrize("architecture", get_args(Model.model_fields["architecture"].annotation))
def test_every_architecture_of_the_configuration_is_built(architecture):
    model = Model(architecture=architecture, generator_width=8, discriminator_width=8, latent=6)
    generator, discriminator = build_generator(model), build_discriminator(model)
    pictures = generator(torch.randn(2, 6))
    assert pictures.shape == (2, 3, 64, 64)
    assert len(discriminator(pictures)) == 2


@pytest.mark.parametrize("norm", [True, False])
def test_batch_norm_stands_only_where_it_is_wanted(norm):
    for network in (dcgan.generator(64, 8, 4, norm), dcgan.discriminator(64, 4, norm)):
        assert any(isinstance(layer, nn.BatchNorm2d) for layer in network) == norm


def count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def test_the_tutorials_nets_have_the_tutorials_weights():
    # As its printed layers add up: 100·512·16 + … + 64·3·16, and BatchNorm's pairs.
    assert count(dcgan.generator(64, 100, 64)) == 3_576_704
    assert count(dcgan.discriminator(64, 64)) == 2_765_568


def test_paint_by_numbers_starts_at_a_sixteenth_with_512_channels():
    dense, _, unflatten = list(paint_by_numbers.generator(128, 256, 64))[:3]
    assert dense.out_features == 512 * 8 * 8
    assert unflatten.unflattened_size == (512, 8, 8)


def test_paint_by_numbers_discriminator_is_as_wide_as_the_picture():
    convolutions = [
        layer for layer in paint_by_numbers.discriminator(64, 64) if isinstance(layer, nn.Conv2d)
    ]
    assert [layer.out_channels for layer in convolutions] == [64, 128, 256, 512]
    norms = [m for m in paint_by_numbers.discriminator(64, 64) if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == 4  # on every layer, the first included


def kinds(network: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in network]


def test_paint_by_numbers_layers_are_the_sources():
    generator = paint_by_numbers.generator(64, 128, 64)
    doubled = ["Double", "BatchNorm2d", "ReLU"]
    assert kinds(generator) == ["Linear", "ReLU", "Unflatten", *doubled * 3, "Double", "Tanh"]
    discriminator = paint_by_numbers.discriminator(64, 64)
    halved = ["Halve", "BatchNorm2d", "LeakyReLU"]
    assert kinds(discriminator) == [*halved * 4, "Flatten", "Linear", "Flatten"]
    for network in (generator, discriminator):
        assert all(
            layer.bias is None
            for layer in network
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
        )


def test_older_runs_of_paint_by_numbers_keep_their_layers():
    model = Model(architecture="paint-by-numbers")  # as their recipe.yaml, which lacks the knob
    generator, discriminator = build_generator(model), build_discriminator(model)
    assert kinds(generator)[:2] == ["Linear", "Unflatten"]
    assert generator[2].bias is not None
    assert discriminator[0].bias is not None


@pytest.mark.parametrize("architecture", ["fastgan", "projected"])
def test_older_runs_of_fastgans_generator_keep_theirs(architecture):
    model = Model(architecture=architecture, generator_width=4, latent=6)
    names = build_generator(model).state_dict().keys()
    assert not any("parametrizations" in name for name in names)
    pictures = build_generator(model)(torch.randn(2, 6) * 100)
    assert pictures.abs().max() <= 1


def test_initialisation_is_dcgans_or_the_frameworks():
    torch.manual_seed(0)
    generator = build_generator(Model(initialisation="normal"))
    discriminator = build_discriminator(Model(initialisation="normal"))
    for network in (generator, discriminator):
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                assert layer.weight.std().item() == pytest.approx(0.02, rel=0.1)
            if isinstance(layer, nn.BatchNorm2d):
                assert layer.weight.mean().item() == pytest.approx(1, abs=0.02)
                assert layer.weight.std().item() == pytest.approx(0.02, rel=0.4)
    framework = build_discriminator(Model(initialisation="framework"))
    assert next(iter(framework)).weight.std() > 0.05
