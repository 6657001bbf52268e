"""Projected GAN: the discriminator looks at pictures through a frozen, pretrained network.

Sauer et al. 2021, "Projected GANs Converge Faster" (arXiv 2111.01007): equation 3 (with
hinge losses and without penalties), section 3.2 and figure 2 (random mixing of channels and of
scales), section 4 and appendix (heads with spectral norm). What the paper leaves open is as in
the authors' code: the widths, BatchNorm in the heads, and that a head halves its map equally
often whatever the size of the picture.
"""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from impasto.config import Model
from impasto.models import fastgan
from impasto.models.frozen import STAGES, Variant
from impasto.models.pretrained import efficientnet_lite
from impasto.models.whole_batch import BatchNorm2d

LOOKED_AT = (1, 2, 3, 4)
"""Stages of the frozen network that are looked at: at 1/4, 1/8, 1/16 and 1/32 of the side."""

HEAD_WIDTHS = (1, 2, 4, 8)
"""Channels behind the finest head's four halvings, in units of `width`; others have the last."""


def generator(
    size: int, latent: int = 256, width: int = 128, published: bool = True
) -> fastgan.Generator:
    """FastGAN's generator with one convolution a doubling: their choice for small sets.

    Args:
        size: pixels, a power of two from 16 to 1024.
        latent: numbers per picture, drawn from N(0, 1) and put on a sphere; theirs is 256.
        width: channels at 128²; theirs is 128.
        published: spectral norm on every convolution and no tanh, as in their code.
    """
    return fastgan.Generator(
        size, latent, width, blocks="light", normalise_latents=True, published=published
    )


class Discriminator(nn.Module):
    """Pictures (N, 3, H, W) in [−1, 1] → logits (N, K), K of them for four heads together.

    The frozen network is not part of this module: it is neither trained, nor counted, nor saved,
    but taken from its package where it is needed. The random mixing is saved (as buffers).
    """

    def __init__(self, width: int = 64, features_size: int = 224, variant: Variant = "lite0"):
        """A discriminator.

        Args:
            width: channels of the finest mixed map, doubled at each coarser one; theirs is 64.
            features_size: pixels; pictures are resized to this shorter side before they are
                looked at, from 128. Theirs is 224 for smaller pictures, the picture's own side
                for larger ones. (`docs/log.md` has the cost.)
            variant: the frozen network; theirs is lite0.
        """
        super().__init__()
        self.features_size, self.variant = features_size, variant
        self.mix = RandomMixing([STAGES[variant][stage] for stage in LOOKED_AT], width)
        self.heads = nn.ModuleList(
            _head(channels, width, halvings)
            for channels, halvings in zip(self.mix.channels, (4, 3, 2, 1), strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Judge pictures: above 0 means "real"."""
        network = efficientnet_lite(self.variant, str(x.device))
        maps = self.mix(network.stages(resize(x, self.features_size), LOOKED_AT))
        logits = [head(seen) for head, seen in zip(self.heads, maps, strict=True)]
        return torch.cat([each.flatten(1) for each in logits], 1)


class RandomMixing(nn.Module):
    """Cross-channel mixing, then cross-scale mixing, by 1×1 convolutions that are never trained.

    Without it the discriminator attends to the few features that separate most easily
    (section 3.2). It is top-down: every map also sees all coarser ones.
    """

    def __init__(self, inputs: list[int], width: int, doubled: bool = True) -> None:
        """A mixing.

        Args:
            inputs: channels of the frozen network's maps, finest first.
            width: channels of the finest map after the first mixing, doubled at each coarser one.
            doubled: whether maps come out twice as wide as they went in, as published.
        """
        super().__init__()
        self.doubled = doubled
        mixed = [width * 2**n for n in range(len(inputs))]
        self.channels = [width, *mixed[:-1]]
        """Channels of the maps that come out, finest first."""
        self.across_channels = nn.ModuleList(
            FixedConvolution(a, b) for a, b in zip(inputs, mixed, strict=True)
        )
        self.across_scales = nn.ModuleList(
            FixedConvolution(a, b) for a, b in zip(mixed, self.channels, strict=True)
        )

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Maps (N, C, h, w), finest first, each half as wide as the one before → as many.

        Where a side is odd, as it may be in a picture that is not square, the next is half of one
        more.
        """
        found: list[Tensor] = []
        steps = zip(maps, self.across_channels, self.across_scales, strict=True)
        for seen, across_channels, across_scales in reversed(list(steps)):
            mixed = across_channels(seen)
            if found:
                mixed = mixed + _as_wide_as(mixed, found[-1])
            # A 1×1 convolution and a resize commute: at the coarse side it costs a quarter.
            narrow = across_scales(mixed)
            found.append(_double(narrow) if self.doubled else narrow)
        return found[::-1]


class FixedConvolution(nn.Module):
    """A 1×1 convolution with PyTorch's random weights as buffers: no optimiser reaches them."""

    weight: Tensor
    bias: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        random = nn.Conv2d(inputs, outputs, 1)  # Kaiming uniform
        self.register_buffer("weight", random.weight.detach())
        self.register_buffer("bias", cast(Tensor, random.bias).detach())

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) → (N, outputs, H, W)."""
        return F.conv2d(x, self.weight, self.bias)


def resize(x: Tensor, side: int) -> Tensor:
    """Pictures whose shorter side is `side`; bilinear, antialiased where that is smaller."""
    shorter = min(x.shape[2:])
    if shorter == side:
        return x
    height, width = (round(length * side / shorter) for length in x.shape[2:])
    if side < shorter:  # PyTorch's antialiased kernel knows no bf16
        return F.interpolate(x.float(), (height, width), mode="bilinear", antialias=True)
    return F.interpolate(x, (height, width), mode="bilinear")


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)


def _as_wide_as(fine: Tensor, x: Tensor) -> Tensor:
    """`x` itself where it has `fine`'s sides, else enlarged (or cut by a pixel) to them."""
    if x.shape[2:] == fine.shape[2:]:
        return x
    return F.interpolate(x, fine.shape[2:], mode="bilinear", align_corners=True)


def _head(channels: int, width: int, halvings: int) -> nn.Sequential:
    """Convolutions that halve, down to 1/32 of the picture's side, and a last one to a logit."""
    widths = [channels, *[width * factor for factor in HEAD_WIDTHS[-halvings:]]]
    layers: list[nn.Module] = []
    for fine, coarse in pairwise(widths):
        layers += [
            spectral_norm(nn.Conv2d(fine, coarse, 4, stride=2, padding=1)),
            BatchNorm2d(coarse),
            nn.LeakyReLU(0.2, inplace=True),
        ]
    return nn.Sequential(*layers, spectral_norm(nn.Conv2d(widths[-1], 1, 4, bias=False)))


def generator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return generator(model.width, model.latent, model.generator_width, model.as_published)


def discriminator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return Discriminator(model.discriminator_width, max(model.width, model.features_size))
