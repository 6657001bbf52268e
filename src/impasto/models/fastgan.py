"""FastGAN: a light generator with skip-layer excitation, a discriminator that also reconstructs.

Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image
Synthesis" (arXiv 2101.04775): section 3.1, equation 1 and figures 2–3 for the generator, section
3.2, equation 4 and figure 4 for the discriminator. Widths, and SiLU where figure 3 has LeakyReLU,
as in the authors' code; with `published` also the generator's spectral norm and the missing tanh,
of which the paper knows nothing. Not taken from that code: a second discriminator loss, on 128²
pictures.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from impasto.config import Model
from impasto.core.together import RANKS
from impasto.models.pretrained import efficientnet_lite
from impasto.models.whole_batch import BatchNorm2d

COARSEST = 4
"""Side of the picture that the generator begins with."""

EXCITES = 16
"""A layer gates the one sixteen times as fine: 4² that of 64², 8² that of 128² and so on."""

LAST_EXCITED = 512
"""The generator's finest layer that is gated."""

LARGEST_JUDGED, COARSEST_JUDGED = 256, 8
"""Sides where the discriminator's halving blocks begin and end; larger pictures shrink first."""

GATES = 8
"""The discriminator's fine layers gate those an eighth as wide: 256² that of 32² and so on."""

LARGEST_REDRAWN = 128
"""The largest side that the decoders draw."""

Blocks = Literal["alternating", "light"]
"""One and two convolutions a doubling in turn (FastGAN), or always one (Projected GAN's "lite")."""


LARGEST = 1024
"""The largest picture that both papers paint."""

Wrap = Callable[[nn.Module], nn.Module]
"""What a convolution is wrapped in: spectral norm, or nothing."""


def _bare(convolution: nn.Module) -> nn.Module:
    return convolution


class Generator(nn.Module):
    """Latents (N, latent) → pictures (N, 3, size, size) in [−1, 1]."""

    def __init__(
        self,
        size: int,
        latent: int = 256,
        width: int = 64,
        blocks: Blocks = "alternating",
        normalise_latents: bool = False,
        published: bool = True,
    ) -> None:
        """A generator.

        Args:
            size: pixels, a power of two from 16 to 1024.
            latent: numbers per picture, drawn from N(0, 1).
            width: channels at 128²; twice as many at 32² and 64², then twice per halving.
            blocks: whether every other doubling has a second convolution, with noise.
            normalise_latents: put latents on a sphere first, as Projected GAN does.
            published: spectral norm on every convolution, and an end without tanh (FastGAN's code
                has one at 1024² only), so that pictures may leave [−1, 1]; else neither norm nor
                freedom, as in older runs of Impasto.
        """
        super().__init__()
        sides = [COARSEST * 2**n for n in range(int(math.log2(size // COARSEST)) + 1)]
        channels = {side: channels_at(side, width) for side in sides}
        self.normalise_latents = normalise_latents
        wrap: Wrap = spectral_norm if published else _bare
        self.first = nn.Sequential(
            nn.Unflatten(1, (latent, 1, 1)),
            wrap(nn.ConvTranspose2d(latent, 2 * channels[COARSEST], COARSEST, bias=False)),
            BatchNorm2d(2 * channels[COARSEST]),
            GatedLinearUnit(),
        )
        self.doublings = nn.ModuleDict()
        self.gates = nn.ModuleDict()
        for number, (coarse, fine) in enumerate(pairwise(sides)):
            deep = blocks == "alternating" and number % 2 == 0
            self.doublings[str(fine)] = _doubling(channels[coarse], channels[fine], deep, wrap)
            if COARSEST * EXCITES <= fine <= LAST_EXCITED:
                gating = channels[fine // EXCITES]
                self.gates[str(fine)] = SkipLayerExcitation(gating, channels[fine], wrap)
        # FastGAN's last convolution has no bias, Projected GAN's has one.
        bias = normalise_latents or not published
        bounded = not published or (blocks == "alternating" and size == LARGEST)
        self.to_picture = nn.Sequential(
            wrap(nn.Conv2d(channels[size], 3, 3, padding=1, bias=bias)),
            nn.Tanh() if bounded else nn.Identity(),
        )

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

    def __init__(self, gating: int, gated: int, wrap: Wrap = _bare) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(COARSEST),
            wrap(nn.Conv2d(gating, gated, COARSEST, bias=False)),
            nn.SiLU(),
            wrap(nn.Conv2d(gated, gated, 1, bias=False)),
            nn.Sigmoid(),
        )

    def forward(self, gating: Tensor, gated: Tensor) -> Tensor:
        """(N, gating, h, w), (N, gated, H, W) → (N, gated, H, W)."""
        product: Tensor = gated * self.gate(gating)
        return product


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
        shape = (x.shape[0], 1, *x.shape[2:])
        noise = RANKS.drawn(torch.randn, shape, device=x.device, dtype=x.dtype)
        return x + self.strength.to(x.dtype) * noise


def _doubling(coarse: int, fine: int, deep: bool = False, wrap: Wrap = _bare) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Upsample(scale_factor=2, mode="nearest")]
    for inputs in (coarse, fine) if deep else (coarse,):
        layers += [
            wrap(nn.Conv2d(inputs, 2 * fine, 3, padding=1, bias=False)),
            *([Noise()] if deep else []),
            BatchNorm2d(2 * fine),
            GatedLinearUnit(),
        ]
    return nn.Sequential(*layers)


class Discriminator(nn.Module):
    """Pictures (N, 3, size, size) in [−1, 1] → logits (N, 25), one a region.

    Asked for it, it also tries to redraw what it was shown, from its own maps: it must then
    know the whole of a picture and not only what gives a fake away (section 3.2).
    """

    def __init__(self, size: int, width: int = 64) -> None:
        """A discriminator.

        Args:
            size: pixels, a power of two from 32 to 1024.
            width: a quarter of the channels at 256² (or at full size, if that is smaller);
                doubled at each halving below, down to 8². Theirs is 64.
        """
        super().__init__()
        self.size = size
        first = min(size, LARGEST_JUDGED)
        sides = [first // 2**n for n in range(int(math.log2(first // COARSEST_JUDGED)) + 1)]
        channels = {side: max(1, width * 64 // side) for side in sides}
        self.shrink = _shrink(size, channels[first])
        self.halvings = nn.ModuleDict()
        self.gates = nn.ModuleDict()
        for fine, coarse in pairwise(sides):
            self.halvings[str(coarse)] = Halving(channels[fine], channels[coarse])
            if coarse * GATES <= first:
                gating = channels[coarse * GATES]
                self.gates[str(coarse)] = SkipLayerExcitation(
                    gating, channels[coarse], spectral_norm
                )
        last = channels[COARSEST_JUDGED]
        self.to_logits = nn.Sequential(
            *_convolution(last, 2 * last, 1), spectral_norm(nn.Conv2d(2 * last, 1, 4, bias=False))
        )
        self.redraw_whole = _decoder(last, min(size, LARGEST_REDRAWN), width)
        part = min(size // 2, LARGEST_REDRAWN)
        self.redraw_part = _decoder(channels[2 * COARSEST_JUDGED], part, width)

    def forward(
        self, x: Tensor, quadrant: int | None = None
    ) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        """Judge pictures: above 0 means "real".

        Args:
            x: the pictures.
            quadrant: redraw too: 0–3 for the top left, top right, bottom left, bottom right.

        Returns:
            logits (N, 25); or these, the redrawn pictures and their redrawn quadrants, in the
            sizes of `targets`.
        """
        maps: dict[int, Tensor] = {}
        seen = self.shrink(x)
        maps[min(self.size, LARGEST_JUDGED)] = seen
        for name, halve in self.halvings.items():
            side = int(name)
            seen = halve(seen)
            if name in self.gates:
                seen = self.gates[name](maps[side * GATES], seen)
            maps[side] = seen
        logits: Tensor = self.to_logits(seen).flatten(1)
        if quadrant is None:
            return logits
        part = _quadrant(maps[2 * COARSEST_JUDGED], quadrant)
        return logits, self.redraw_whole(seen), self.redraw_part(part)


def targets(x: Tensor, quadrant: int) -> tuple[Tensor, Tensor]:
    """What the decoders should redraw: pictures and their quadrants, at 128² or below.

    Args:
        x: real pictures (N, 3, H, W).
        quadrant: 0–3, as in the discriminator's `forward`.
    """
    return _at_most(x, LARGEST_REDRAWN), _at_most(_quadrant(x, quadrant), LARGEST_REDRAWN)


def logits_and_reconstruction(discriminator: nn.Module, reals: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of reals (N, 3, H, W), and the error of redrawing a random quadrant and the whole."""
    quadrant = int(torch.randint(4, ()))
    logits, *redrawn = discriminator(reals, quadrant)
    return logits, redrawing_error(redrawn, targets(reals.detach(), quadrant))


def redrawing_error(redrawn: Sequence[Tensor], shown: Sequence[Tensor]) -> Tensor:
    """The distance of redrawn pictures from what was shown, by features of a pretrained network.

    Liu et al. 2021 (arXiv 2101.04775), equation 4, where f is the first three stages of
    EfficientNet-Lite0, L1, where the authors' code has LPIPS on VGG16, which no package brings.

    Args:
        redrawn: pictures (N, 3, H, W) in [−1, 1].
        shown: what they should be, of the same shapes.
    """
    network = efficientnet_lite("lite0", str(redrawn[0].device))
    error = torch.zeros((), device=redrawn[0].device)
    for mine, theirs in zip(redrawn, shown, strict=True):
        with torch.no_grad():
            wanted = network.stages(theirs, (0, 1, 2))
        for a, b in zip(network.stages(mine, (0, 1, 2)), wanted, strict=True):
            error = error + (a - b).abs().float().mean()
    return error


class Halving(nn.Module):
    """Two convolutions beside a pooled shortcut, averaged (figure 4's down-sampling block)."""

    def __init__(self, fine: int, coarse: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            *_convolution(fine, coarse, 4, stride=2, padding=1),
            *_convolution(coarse, coarse, 3, padding=1),
        )
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), *_convolution(fine, coarse, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, fine, 2h, 2w) → (N, coarse, h, w)."""
        mean: Tensor = (self.main(x) + self.shortcut(x)) / 2
        return mean


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0
) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
    return [spectral_norm(convolution), BatchNorm2d(outputs), nn.LeakyReLU(0.2, inplace=True)]


def _shrink(size: int, channels: int) -> nn.Sequential:
    """The first convolution, or more of them until the picture is 256 pixels wide."""
    if size <= LARGEST_JUDGED:
        first = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        return nn.Sequential(spectral_norm(first), nn.LeakyReLU(0.2, inplace=True))
    halvings = int(math.log2(size // LARGEST_JUDGED))
    widths = [max(1, channels // 2**n) for n in reversed(range(halvings))]
    first = nn.Conv2d(3, widths[0], 4, stride=2, padding=1, bias=False)
    rest = [_convolution(a, b, 4, stride=2, padding=1) for a, b in pairwise(widths)]
    return nn.Sequential(
        spectral_norm(first), nn.LeakyReLU(0.2, inplace=True), *(m for layer in rest for m in layer)
    )


def _decoder(inputs: int, side: int, width: int) -> nn.Sequential:
    """8² maps → pictures of `side`, by one light convolution a doubling."""
    sides = [COARSEST_JUDGED * 2**n for n in range(int(math.log2(side // COARSEST_JUDGED)) + 1)]
    channels = [inputs, *[channels_at(fine, max(1, width // 2)) for fine in sides[1:]]]
    doublings = [_doubling(a, b, wrap=spectral_norm) for a, b in pairwise(channels)]
    last = spectral_norm(nn.Conv2d(channels[-1], 3, 3, padding=1, bias=False))
    return nn.Sequential(*doublings, last, nn.Tanh())


def _quadrant(x: Tensor, number: int) -> Tensor:
    down, right = divmod(number, 2)
    height, width = x.shape[2] // 2, x.shape[3] // 2
    return x[:, :, down * height : (down + 1) * height, right * width : (right + 1) * width]


def _at_most(x: Tensor, side: int) -> Tensor:
    if x.shape[2] <= side:
        return x
    return F.interpolate(x, (side, side), mode="bilinear", antialias=True)


def generator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return Generator(model.width, model.latent, model.generator_width, published=model.as_published)


def discriminator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return Discriminator(model.width, model.discriminator_width)
