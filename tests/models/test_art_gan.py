"""ART-GAN's nets: Keras's counts, Keras's padding, Keras's beginnings."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from impasto.models import art_gan


def count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def test_as_many_weights_as_keras_printed():
    # Keras also counts BatchNorm's running statistics: 4 × 2 × 128 on top.
    assert count(art_gan.generator(64, 100, normalisation="generator")) + 1024 == 1_730_435
    assert count(art_gan.discriminator(64)) == 2_101_761


@pytest.mark.parametrize(
    ("normalisation", "in_generator", "in_discriminator"),
    [("none", 0, 0), ("generator", 4, 0), ("both", 4, 4)],
)
def test_batch_norm_is_where_the_model_has_it(normalisation, in_generator, in_discriminator):
    def norms(network):
        return [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]

    ours = norms(art_gan.generator(64, 100, 4, normalisation))
    assert len(ours) == in_generator
    assert all((norm.eps, norm.momentum) == (1e-3, 0.2) for norm in ours)
    assert len(norms(art_gan.discriminator(64, 4, normalisation))) == in_discriminator


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_pictures_and_logits_have_their_shapes_at_every_size(size):
    pictures = art_gan.generator(size, 6, 2, "generator")(torch.randn(2, 6))
    assert pictures.shape == (2, 3, size, size)
    assert pictures.abs().max() <= 1
    assert art_gan.discriminator(size, 2, "both")(pictures).shape == (2, 1)


def test_strided_convolutions_pad_below_and_right_only():
    """As TensorFlow's `same`: the window that makes a cell begins on the cell's own pixel."""
    network = art_gan.discriminator(64, 1)
    pad, convolution = next(
        (a, b)
        for a, b in zip(network, list(network)[1:], strict=False)
        if isinstance(b, nn.Conv2d) and b.stride == (2, 2)
    )
    x = torch.zeros(1, 1, 8, 8)
    x[0, 0, 0, 0] = 1
    with torch.no_grad():
        y = convolution(pad(x)) - convolution.bias[:, None, None]
        expected = F.conv2d(F.pad(x, (0, 1, 0, 1)), convolution.weight, stride=2)
    assert torch.equal(y, expected)
    assert torch.equal(y[0, :, 0, 0], convolution.weight[:, 0, 0, 0])


def test_weights_begin_glorot_uniform_and_biases_at_zero():
    torch.manual_seed(0)
    convolution = art_gan.discriminator(64)[3]
    assert isinstance(convolution, nn.Conv2d)
    bound = (6 / (9 * 128 + 9 * 256)) ** 0.5
    assert convolution.weight.abs().max() <= bound
    assert convolution.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.01)
    assert convolution.bias.abs().max() == 0


def test_half_of_what_is_near_half_is_dropped_in_training_only():
    network = art_gan.discriminator(32, 4)
    x = torch.randn(1, 3, 32, 32)
    assert network(x) != network(x)
    network.eval()
    assert network(x) == network(x)
