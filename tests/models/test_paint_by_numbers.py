"""The networks of paint-by-numbers."""

from torch import nn

from impasto.models import paint_by_numbers
from tests.models.test_build import kinds


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
