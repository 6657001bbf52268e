"""ART-GAN's nets for colour-field paintings, layer by layer as Keras built them.

Three things of Keras that PyTorch does otherwise are kept: `same` padding of an even picture
under a 3×3 kernel with stride 2 adds one row below and one column to the right only; weights
begin Glorot uniform and biases at zero; BatchNorm's momentum .8 is PyTorch's .2, its ε 1e-3.
"""

import math
from itertools import pairwise
from typing import Literal

from torch import nn

from impasto.config import Model
from impasto.models.convolution import Double
from impasto.models.whole_batch import BatchNorm2d, Dropout

Normalisation = Literal["none", "generator", "both"]
"""Where BatchNorm is: the project's model 1, models 2 and 4, model 3."""

COARSEST_GENERATED, COARSEST_JUDGED = 4, 8
"""Side of the picture where the generator begins and where the discriminator ends."""

SLOPE, DROPOUT = 0.2, 0.4


def generator(
    size: int, latent: int, width: int = 128, normalisation: Normalisation = "none"
) -> nn.Sequential:
    """Latents (N, latent) → pictures (N, 3, size, size) in [−1, 1].

    Args:
        size: pixels, a power of two from 16; theirs is 64, which takes four doublings.
        latent: numbers per picture, drawn from N(0, 1); theirs is 100.
        width: channels of every layer but the first, which has twice as many.
        normalisation: BatchNorm between convolution and activation, unless "none".
    """
    doublings = int(math.log2(size // COARSEST_GENERATED))
    layers: list[nn.Module] = [
        nn.Linear(latent, 2 * width * COARSEST_GENERATED**2),
        nn.LeakyReLU(SLOPE, inplace=True),
        nn.Unflatten(1, (2 * width, COARSEST_GENERATED, COARSEST_GENERATED)),
    ]
    for number in range(doublings):
        layers += [
            Double(width if number else 2 * width, width),
            *_batch_norm(width, normalisation != "none"),
            nn.LeakyReLU(SLOPE, inplace=True),
        ]
    return _begin_as_keras(nn.Sequential(*layers, nn.Conv2d(width, 3, 3, padding=1), nn.Tanh()))


def discriminator(
    size: int, width: int = 128, normalisation: Normalisation = "none"
) -> nn.Sequential:
    """Pictures (N, 3, size, size) in [−1, 1] → logits (N, 1): above 0 means "real".

    Args:
        size: pixels, a power of two from 16; theirs is 64, which takes three halvings.
        width: channels of the first layer, at full size; twice as many below, four times as
            many in the last. Theirs is 128.
        normalisation: BatchNorm between convolution and activation if "both".
    """
    halvings = int(math.log2(size // COARSEST_JUDGED))
    widths = [width, *[2 * width] * (halvings - 1), 4 * width]
    norm = normalisation == "both"
    layers: list[nn.Module] = [
        nn.Conv2d(3, width, 3, padding=1),
        *_batch_norm(width, norm),
        nn.LeakyReLU(SLOPE, inplace=True),
    ]
    for fine, coarse in pairwise(widths):
        layers += [
            nn.ZeroPad2d((0, 1, 0, 1)),
            nn.Conv2d(fine, coarse, 3, stride=2),
            *_batch_norm(coarse, norm),
            nn.LeakyReLU(SLOPE, inplace=True),
        ]
    return _begin_as_keras(
        nn.Sequential(
            *layers,
            nn.Flatten(1),
            Dropout(DROPOUT),
            nn.Linear(widths[-1] * COARSEST_JUDGED**2, 1),
        )
    )


def _batch_norm(channels: int, wanted: bool) -> list[nn.Module]:
    return [BatchNorm2d(channels, eps=1e-3, momentum=0.2)] if wanted else []


def _begin_as_keras(network: nn.Sequential) -> nn.Sequential:
    """Glorot & Bengio 2010, equation 16, and zero biases."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def generator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return generator(model.width, model.latent, model.generator_width, model.normalisation)


def discriminator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return discriminator(model.width, model.discriminator_width, model.normalisation)
