"""R3GAN's nets: widths, beginnings, and gradients of gradients."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from impasto.models import r3gan


def count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("group", [None, 16])
def test_pictures_and_logits_have_their_shapes_at_every_size(size, group):
    pictures = r3gan.Generator(size, 6, 16, group)(torch.randn(2, 6))
    assert pictures.shape == (2, 3, size, size)
    assert r3gan.Discriminator(size, 16, group)(pictures).shape == (2, 1)


def test_widths_and_groups_are_the_authors():
    network = r3gan.Discriminator(64)
    blocks = [m for m in network if isinstance(m, r3gan.Residual)]
    assert [b.branch[0].in_channels for b in blocks] == [384] * 2 + [768] * 8
    assert [b.branch[2].groups for b in blocks] == [48] * 2 + [96] * 8
    assert all(b.branch[2].in_channels == 2 * b.branch[0].in_channels for b in blocks)


def test_residual_blocks_begin_as_nothing():
    block = r3gan.Discriminator(32, 16)[1]
    assert isinstance(block, r3gan.Residual)
    x = torch.randn(2, 16, 8, 8)
    assert torch.equal(block(x), x)


def test_a_generator_begins_with_pictures_of_moderate_contrast():
    torch.manual_seed(0)
    pictures = r3gan.Generator(32, 64, 64)(torch.randn(16, 64))
    assert 0.2 < pictures.std() < 2


def test_hidden_layers_begin_smaller_in_deeper_nets():
    """Fix-up: the two hidden layers share a factor depth^(−1/2)."""
    torch.manual_seed(0)
    shallow = r3gan._block(64, 1, None).branch[0].weight.std()
    deep = r3gan._block(64, 16, None).branch[0].weight.std()
    assert (shallow / deep).item() == pytest.approx(16**0.25, rel=0.05)


def test_no_norm_and_no_other_bias_than_the_activations():
    network = r3gan.Generator(32, 6, 16)
    kinds = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)
    assert not any(isinstance(m, kinds) for m in network.modules())
    assert not any(getattr(m, "bias", None) is not None for m in network.modules()
                   if isinstance(m, nn.Conv2d | nn.Linear))  # fmt: skip


@pytest.mark.parametrize("group", [None, 16])
def test_a_gradient_penalty_reaches_the_weights(group):
    """R1 and R2 differentiate the discriminator twice, in bf16 too."""
    torch.manual_seed(0)
    network = r3gan.Discriminator(32, 16, group)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):  # as after some training: no branch is nothing any more
            nn.init.normal_(module.weight, 0.0, 0.1)
    x = torch.randn(2, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    found = []
    for bf16 in (False, True):
        network.zero_grad()
        inputs = x.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits = network(inputs).float()
        (slope,) = torch.autograd.grad(logits.sum(), inputs, create_graph=True)
        slope.square().sum().backward()
        weights = [w.grad for n, w in network.named_parameters() if not n.endswith("bias")]
        assert all(gradient.abs().sum() > 0 for gradient in weights)
        found.append(torch.cat([gradient.flatten() for gradient in weights]))
    assert F.cosine_similarity(*found, dim=0) > 0.99
