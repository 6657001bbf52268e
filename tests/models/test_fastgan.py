"""FastGAN: gates, doublings, what the discriminator redraws."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from impasto.models import fastgan


@pytest.mark.parametrize("size", [32, 64, 128, 256, 512, 1024])
def test_pictures_logits_and_redrawings_have_their_shapes_at_every_size(size):
    generator, discriminator = fastgan.Generator(size, 6, 1), fastgan.Discriminator(size, 1)
    pictures = generator(torch.randn(2, 6))
    assert pictures.shape == (2, 3, size, size)
    bounded = [m for m in generator.modules() if isinstance(m, nn.Tanh)]
    assert len(bounded) == (1 if size == 1024 else 0)  # as in the authors' code
    assert generator.to_picture[0].bias is None
    assert discriminator(pictures).shape == (2, 25)
    logits, whole, part = discriminator(pictures, 3)
    assert logits.shape == (2, 25)
    assert [whole.shape, part.shape] == [y.shape for y in fastgan.targets(pictures, 3)]


def test_widths_are_the_authors():
    generator = fastgan.Generator(1024)
    found = [double[1].in_channels for double in generator.doublings.values()]
    assert found == [1024, 512, 256, 128, 128, 64, 32, 16]
    deep = [sum(isinstance(m, nn.Conv2d) for m in d) for d in generator.doublings.values()]
    assert deep == [2, 1, 2, 1, 2, 1, 2, 1]
    discriminator = fastgan.Discriminator(1024)
    assert [h.main[0].in_channels for h in discriminator.halvings.values()] == [
        16, 32, 64, 128, 256,
    ]  # fmt: skip
    assert [m.out_channels for m in discriminator.shrink if isinstance(m, nn.Conv2d)] == [8, 16]
    assert discriminator.to_logits[0].out_channels == 1024


@pytest.mark.parametrize(
    ("size", "in_generator", "in_discriminator"),
    [(64, ["64"], ["8"]), (256, ["64", "128", "256"], ["32", "16", "8"])],
)
def test_coarse_layers_gate_fine_ones(size, in_generator, in_discriminator):
    assert list(fastgan.Generator(size, 6, 1).gates) == in_generator
    assert list(fastgan.Discriminator(size, 1).gates) == in_discriminator


def test_a_gate_only_scales_whole_channels_by_less_than_one():
    gate = fastgan.SkipLayerExcitation(3, 5)
    fine = torch.rand(2, 5, 16, 16) + 0.1
    ratio = gate(torch.randn(2, 3, 8, 8), fine) / fine
    assert torch.allclose(ratio, ratio[..., :1, :1].expand_as(ratio), atol=1e-5)
    assert ratio.min() > 0
    assert ratio.max() < 1


def test_the_gated_linear_unit_is_torchs():
    x = torch.randn(2, 6, 4, 4)
    assert torch.allclose(fastgan.GatedLinearUnit()(x), F.glu(x, 1))


def test_a_latent_is_one_picture_once_trained():
    generator = fastgan.Generator(64, 6, 2)
    noises = [m for m in generator.modules() if isinstance(m, fastgan.Noise)]
    assert len(noises) == 4  # two deep doublings of two convolutions
    for noise in noises:
        nn.init.ones_(noise.strength)
    latents = torch.randn(2, 6)
    assert not torch.equal(generator(latents), generator(latents))
    generator.eval()
    assert torch.equal(generator(latents), generator(latents))


def test_targets_are_the_quadrant_that_is_redrawn():
    x = torch.zeros(1, 3, 64, 64)
    x[..., :32, 32:] = 1  # top right
    whole, part = fastgan.targets(x, 1)
    assert torch.equal(whole, x)
    assert torch.equal(part, torch.ones(1, 3, 32, 32))
    larger, part = fastgan.targets(F.interpolate(x, scale_factor=8), 2)
    assert larger.shape == part.shape == (1, 3, 128, 128)
    assert part.max() == 0


def test_redrawing_teaches_the_layers_that_judge():
    discriminator = fastgan.Discriminator(64, 2)
    x = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.autocast("cpu", torch.bfloat16):
        _, whole, part = discriminator(x, 0)
    wanted = fastgan.targets(x, 0)
    loss = sum(F.l1_loss(a.float(), b) for a, b in zip((whole, part), wanted, strict=True))
    loss.backward()
    first = discriminator.shrink[0].parametrizations.weight.original
    assert first.grad.abs().sum() > 0


@pytest.mark.parametrize("blocks", ["alternating", "light"])
def test_the_last_gate_and_the_latent_reach_the_picture(blocks):
    generator = fastgan.Generator(64, 6, 2, blocks)
    latents = torch.randn(2, 6, requires_grad=True)
    generator(latents).square().sum().backward()
    assert latents.grad.abs().sum() > 0
    assert all(weight.grad is not None for weight in generator.parameters())
