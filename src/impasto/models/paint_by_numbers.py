"""The nets of paint-by-numbers: always four strided convolutions, dense layers at the coarse end.

They differ from DCGAN's in where the resolution starts (size/16, not 4), in the dense layers, and
in BatchNorm on the discriminator's first layer too.
"""

from itertools import pairwise

from torch import nn

from impasto.config import Model
from impasto.models.convolution import Double, Halve
from impasto.models.whole_batch import BatchNorm2d

DOWNSAMPLINGS = 4


def generator(size: int, latent: int, width: int, published: bool = True) -> nn.Sequential:
    """Latents (N, latent) → pictures (N, 3, size, size) in [−1, 1].

    Args:
        size: pixels, a multiple of 16.
        latent: numbers per picture, drawn from N(0, 1).
        width: channels of the last hidden layer; theirs is 64, so that the first has 512.
        published: a ReLU after the dense layer and no biases in convolutions, as in the source;
            older runs of Impasto have it the other way round.
    """
    coarse = size // 2**DOWNSAMPLINGS
    channels = [width * 8, width * 4, width * 2, width]
    layers: list[nn.Module] = [
        nn.Linear(latent, channels[0] * coarse**2),
        *([nn.ReLU(inplace=True)] if published else []),
        nn.Unflatten(1, (channels[0], coarse, coarse)),
    ]
    for wide, narrow in pairwise(channels):
        layers += [
            Double(wide, narrow, bias=not published),
            BatchNorm2d(narrow),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(
        *layers,
        Double(channels[-1], 3, bias=not published),
        nn.Tanh(),
    )


def discriminator(size: int, width: int, published: bool = True) -> nn.Sequential:
    """Pictures (N, 3, size, size) in [−1, 1] → logits (N,): above 0 means "real".

    Args:
        size: pixels, a multiple of 16.
        width: channels of the first layer; theirs equals the size of the picture.
        published: no biases in convolutions.
    """
    channels = [3, width, width * 2, width * 4, width * 8]
    layers: list[nn.Module] = []
    for fine, coarse in pairwise(channels):
        layers += [
            Halve(fine, coarse, bias=not published),
            BatchNorm2d(coarse),
            nn.LeakyReLU(0.2, inplace=True),
        ]
    cells = (size // 2**DOWNSAMPLINGS) ** 2
    return nn.Sequential(*layers, nn.Flatten(1), nn.Linear(channels[-1] * cells, 1), nn.Flatten(0))


def generator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return generator(model.width, model.latent, model.generator_width, model.as_published)


def discriminator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return discriminator(model.width, model.discriminator_width, model.as_published)
