"""R3GAN: two plain residual nets without normalisation, made to bear gradient penalties.

Huang et al. 2024, "The GAN is dead; long live the GAN! A Modern GAN Baseline" (arXiv 2501.05441),
section 4 and figure 4: 1×1 → grouped 3×3 → 1×1 bottlenecks that widen inside, two a resolution,
Fix-up-like initialisation, biases on activations only, bilinear resampling, and at 4² a learnt
basis with a linear layer. The two nets mirror each other. Its loss pairs reals with fakes and
penalises both sides' gradients (R1 + R2), which differentiates D twice.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.config import Model

COARSEST = 4
"""Side of the coarsest maps."""

BLOCKS = 2
"""Residual blocks at each resolution."""

EXPANSION = 2
"""How much wider a block is inside."""

GROUP = 16
"""Channels in a group of the 3×3 convolution: 96 groups in the widest of theirs."""

WIDEST = 1024 * 3 // 4
"""Channels up to 32², as in the authors' settings; half as many per doubling beyond."""

SLOPE = 0.2


class Generator(nn.Sequential):
    """Latents (N, latent) → pictures (N, 3, size, size) in about [−1, 1], not clamped."""

    def __init__(
        self, size: int, latent: int = 64, width: int = WIDEST, group: int | None = GROUP
    ) -> None:
        """A generator.

        Args:
            size: pixels, a power of two from 8.
            latent: numbers per picture, drawn from N(0, 1); theirs is 64.
            width: channels up to 32²; theirs is 768, which is far beyond a CPU.
            group: channels in a group of the 3×3 convolutions; None for dense ones, which have
                more weights.
        """
        widths = _widths(size, width)
        depth = BLOCKS * len(widths)
        layers: list[nn.Module] = [FromBasis(latent, widths[0])]
        for coarse, fine in pairwise(widths):
            layers += [_block(coarse, depth, group) for _ in range(BLOCKS)]
            layers += [*_match(coarse, fine), Resample(2.0)]
        layers += [_block(widths[-1], depth, group) for _ in range(BLOCKS)]
        super().__init__(*layers, _convolution(widths[-1], 3, 1))


class Discriminator(nn.Sequential):
    """Pictures (N, 3, size, size) in [−1, 1] → logits (N, 1): above 0 means "real"."""

    def __init__(self, size: int, width: int = WIDEST, group: int | None = GROUP) -> None:
        """A discriminator.

        Args:
            size: pixels, a power of two from 8.
            width: channels up to 32²; theirs is 768.
            group: channels in a group of the 3×3 convolutions; None for dense ones.
        """
        widths = _widths(size, width)[::-1]
        depth = BLOCKS * len(widths)
        layers: list[nn.Module] = [_convolution(3, widths[0], 1)]
        for fine, coarse in pairwise(widths):
            layers += [_block(fine, depth, group) for _ in range(BLOCKS)]
            layers += [Resample(0.5), *_match(fine, coarse)]
        layers += [_block(widths[-1], depth, group) for _ in range(BLOCKS)]
        super().__init__(*layers, *_to_basis(widths[-1]))


class Residual(nn.Module):
    """x + a bottleneck that begins as nothing."""

    def __init__(self, channels: int, inner: int, groups: int, gain: float) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            _convolution(channels, inner, 1, gain),
            Activation(inner),
            _convolution(inner, inner, 3, gain, groups),
            Activation(inner),
            _convolution(inner, channels, 1, gain=0.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) → the same."""
        sum_: Tensor = x + self.branch(x)
        return sum_


class Activation(nn.Module):
    """A bias per channel, then LeakyReLU: the only place where there are biases."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) → the same."""
        return F.leaky_relu(x + self.bias[:, None, None].to(x.dtype), SLOPE)


class Resample(nn.Module):
    """Bilinear enlargement, or its like for halving: means of 2×2 pixels."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, scale · H, scale · W)."""
        if self.scale < 1:
            return F.avg_pool2d(x, 2)
        return F.interpolate(x, scale_factor=self.scale, mode="bilinear")


class FromBasis(nn.Module):
    """Latents → 4² maps: learnt pictures, each channel's scaled by a learnt direction."""

    def __init__(self, latent: int, channels: int) -> None:
        super().__init__()
        self.basis = nn.Parameter(torch.randn(channels, COARSEST, COARSEST))
        self.scales = nn.Linear(latent, channels, bias=False)
        nn.init.normal_(self.scales.weight, 0.0, latent**-0.5)

    def forward(self, latents: Tensor) -> Tensor:
        """(N, latent) → (N, channels, 4, 4)."""
        maps: Tensor = self.scales(latents)[:, :, None, None] * self.basis
        return maps.contiguous(memory_format=torch.channels_last)


def _to_basis(channels: int) -> list[nn.Module]:
    """4² maps → a logit: each channel by its own learnt picture, then a linear layer."""
    linear = nn.Linear(channels, 1, bias=False)
    nn.init.normal_(linear.weight, 0.0, channels**-0.5)
    return [_convolution(channels, channels, COARSEST, groups=channels), nn.Flatten(1), linear]


def _widths(size: int, width: int) -> list[int]:
    """Channels at 4², 8² … size²."""
    sides = [COARSEST * 2**n for n in range(int(math.log2(size // COARSEST)) + 1)]
    return [max(8, width * 32 // max(side, 32)) for side in sides]


def _block(channels: int, depth: int, group: int | None) -> Residual:
    """Fix-up: the two hidden layers share the shrinking that `depth` residual blocks call for."""
    inner = channels * EXPANSION
    groups = 1 if group is None else max(1, inner // group)
    # Gain of a leaky ReLU (He et al. 2015, equation 15) × depth^(−1 / (2m − 2)) for m = 3 layers
    # (Zhang et al. 2019, Fix-up, section 3).
    return Residual(channels, inner, groups, (2 / (1 + SLOPE**2)) ** 0.5 * depth**-0.25)


def _match(inputs: int, outputs: int) -> list[nn.Module]:
    return [] if inputs == outputs else [_convolution(inputs, outputs, 1)]


def _convolution(
    inputs: int, outputs: int, kernel: int, gain: float = 1.0, groups: int = 1
) -> nn.Conv2d:
    """Without bias, N(0, gain² / fan-in); `same` padding but for the 4×4 one of the basis."""
    padding = (kernel - 1) // 2 if kernel % 2 else 0
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=padding, groups=groups, bias=False)
    nn.init.normal_(convolution.weight, 0.0, gain * convolution.weight[0].numel() ** -0.5)
    return convolution


def generator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return Generator(model.width, model.latent, model.generator_width)


def discriminator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return Discriminator(model.width, model.discriminator_width)
