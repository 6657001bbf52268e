"""DCGAN: strided convolutions both ways (Radford et al. 2015, arXiv 1511.06434, section 3).

Written as the PyTorch tutorial has it, for any power-of-two size: 128² adds one layer to each net.
"""

import math
from itertools import pairwise

from torch import nn

from impasto.config import Model
from impasto.models.convolution import Double, FromVector, Halve, ToVector
from impasto.models.whole_batch import BatchNorm2d


def generator(size: int, latent: int, width: int, norm: bool = True) -> nn.Sequential:
    """Latents (N, latent) → pictures (N, 3, size, size) in [−1, 1].

    Args:
        size: pixels, a power of two from 8.
        latent: numbers per picture, drawn from N(0, 1).
        width: channels of the last hidden layer; doubled at each coarser one.
        norm: whether BatchNorm follows each convolution but the last.
    """
    doublings = int(math.log2(size)) - 3
    channels = [width * 2**power for power in range(doublings, -1, -1)]
    layers: list[nn.Module] = [
        nn.Unflatten(1, (latent, 1, 1)),
        FromVector(latent, channels[0]),  # 1² → 4²
        *_batch_norm(channels[0], norm),
        nn.ReLU(inplace=True),
    ]
    for coarse, fine in pairwise(channels):
        layers += [
            Double(coarse, fine, bias=False),
            *_batch_norm(fine, norm),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(
        *layers,
        Double(channels[-1], 3, bias=False),
        nn.Tanh(),
    )


def discriminator(size: int, width: int, norm: bool = True) -> nn.Sequential:
    """Pictures (N, 3, size, size) in [−1, 1] → logits (N,): above 0 means "real".

    Args:
        size: pixels, a power of two from 8.
        width: channels of the first layer; doubled at each coarser one.
        norm: whether BatchNorm follows each convolution but the first and the last; a gradient
            penalty, which is of each picture by itself, wants none.
    """
    doublings = int(math.log2(size)) - 3
    channels = [width * 2**power for power in range(doublings + 1)]
    layers: list[nn.Module] = [
        Halve(3, width, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
    ]
    for fine, coarse in pairwise(channels):
        layers += [
            Halve(fine, coarse, bias=False),
            *_batch_norm(coarse, norm),
            nn.LeakyReLU(0.2, inplace=True),
        ]
    return nn.Sequential(
        *layers,
        ToVector(channels[-1], 1),  # 4² → 1²
        nn.Flatten(0),
    )


def _batch_norm(channels: int, wanted: bool) -> list[nn.Module]:
    return [BatchNorm2d(channels)] if wanted else []


def generator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return generator(
        model.width, model.latent, model.generator_width, model.normalisation != "none"
    )


def discriminator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return discriminator(model.width, model.discriminator_width, model.normalisation == "both")
