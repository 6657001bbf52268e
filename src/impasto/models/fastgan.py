"""FastGAN: a light generator with skip-layer excitation, a discriminator that also reconstructs.

Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image
Synthesis" (arXiv 2101.04775): section 3.1, equation 1 and figures 2–3 for the generator, section
3.2, equation 4 and figure 4 for the discriminator. Widths, and SiLU where figure 3 has LeakyReLU,
as in the authors' code. Not taken from that code, since the paper knows nothing of them: the
generator's spectral norm (BatchNorm undoes it behind all but its last convolution and its gates)
and a second game on 128² pictures.
"""

import math
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

COARSEST = 4
"""Side of the picture that the generator begins with."""

EXCITES = 16
"""A layer gates the one sixteen times as fine: 4² that of 64², 8² that of 128² and so on."""

LAST_EXCITED = 512
"""The finest layer that is gated."""

Blocks = Literal["alternating", "light"]
"""One and two convolutions a doubling in turn (FastGAN), or always one (Projected GAN's "lite")."""


class Generator(nn.Module):
    """Latents (N, latent) → pictures (N, 3, size, size) in [−1, 1]."""

    def __init__(
        self,
        size: int,
        latent: int = 256,
        width: int = 64,
        blocks: Blocks = "alternating",
        normalise_latents: bool = False,
    ) -> None:
        """A generator.

        Args:
            size: pixels, a power of two from 16 to 1024.
            latent: numbers per picture, drawn from N(0, 1).
            width: channels at 128²; twice as many at 32² and 64², then twice per halving.
            blocks: whether every other doubling has a second convolution, with noise.
            normalise_latents: put latents on a sphere first, as Projected GAN does.
        """
        super().__init__()
        sides = [COARSEST * 2**n for n in range(int(math.log2(size // COARSEST)) + 1)]
        channels = {side: channels_at(side, width) for side in sides}
        self.normalise_latents = normalise_latents
        self.first = nn.Sequential(
            nn.Unflatten(1, (latent, 1, 1)),
            nn.ConvTranspose2d(latent, 2 * channels[COARSEST], COARSEST, bias=False),  # 1² → 4²
            nn.BatchNorm2d(2 * channels[COARSEST]),
            GatedLinearUnit(),
        )
        self.doublings = nn.ModuleDict()
        self.gates = nn.ModuleDict()
        for number, (coarse, fine) in enumerate(pairwise(sides)):
            deep = blocks == "alternating" and number % 2 == 0
            self.doublings[str(fine)] = _doubling(channels[coarse], channels[fine], deep)
            if COARSEST * EXCITES <= fine <= LAST_EXCITED:
                gating = channels[fine // EXCITES]
                self.gates[str(fine)] = SkipLayerExcitation(gating, channels[fine])
        self.to_picture = nn.Sequential(nn.Conv2d(channels[size], 3, 3, padding=1), nn.Tanh())

    def forward(self, latents: Tensor) -> Tensor:
        """Paint one picture for each row of `latents`."""
        if self.normalise_latents:
            latents = latents * (latents.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        x = self.first(latents)
        maps = {COARSEST: x}
        for name, double in self.doublings.items():
            side = int(name)
            x = double(x)
            if name in self.gates:
                x = self.gates[name](maps[side // EXCITES], x)
            maps[side] = x
        picture: Tensor = self.to_picture(x)
        return picture


def channels_at(side: int, width: int) -> int:
    """The generator's channels where the picture is `side` pixels wide."""
    return max(1, width * (64 if side < 64 else 128) // side)


class SkipLayerExcitation(nn.Module):
    """A coarse layer switches the channels of a much finer one on and off (equation 1)."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(COARSEST),
            nn.Conv2d(coarse, fine, COARSEST, bias=False),
            nn.SiLU(),
            nn.Conv2d(fine, fine, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """(N, C, h, w), (N, D, H, W) → (N, D, H, W)."""
        gated: Tensor = fine * self.gate(coarse)
        return gated


class GatedLinearUnit(nn.Module):
    """Half of the channels, each switched by one of the other half (Dauphin et al. 2017).

    As `torch.nn.GLU`, which takes 2.6 times as long on channels-last tensors of a CPU.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, 2 C, H, W) → (N, C, H, W)."""
        kept, gate = x.chunk(2, 1)
        return kept * gate.sigmoid()


class Noise(nn.Module):
    """Add the same noise to all channels, as strongly as is learnt; none outside training.

    The authors' code adds it always. A latent should be one picture, and the strength begins at 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same."""
        if not self.training:
            return x
        noise = torch.randn(x.shape[0], 1, *x.shape[2:], device=x.device, dtype=x.dtype)
        return x + self.strength.to(x.dtype) * noise


def _doubling(coarse: int, fine: int, deep: bool) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Upsample(scale_factor=2, mode="nearest")]
    for inputs in (coarse, fine) if deep else (coarse,):
        layers += [
            nn.Conv2d(inputs, 2 * fine, 3, padding=1, bias=False),
            *([Noise()] if deep else []),
            nn.BatchNorm2d(2 * fine),
            GatedLinearUnit(),
        ]
    return nn.Sequential(*layers)
