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


def kinds(network: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in network]


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
