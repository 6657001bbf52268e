"""Impasto's own generator: most arithmetic where a CPU is fast.

Generator: enlarge (nearest), then convolve (Odena et al. 2016, "Deconvolution and Checkerboard
Artifacts"), with both folded into one kernel as in Karras et al. 2018 (arXiv 1710.10196, appendix
A); residual blocks up to 16²; a latent that speaks at every coarse layer (style modulation as
AdaIN, Karras et al. 2019, arXiv 1812.04948, equation 1), and at fine ones through skip-layer
excitation (Liu et al. 2021, arXiv 2101.04775, equation 1).

Two faint traces stay: a stamp, a pattern in cells of the coarsest maps that all samples share,
and a lattice, neighbouring pixels that differ more between the last enlargement's cells than in
them. Enlarging gives each of the four phases of a pixel another neighbourhood, and padding adds the
rim. `noise`, `edges` and `loss.stamp` work against it; `flat_field` takes off what most share.

Labels, where there are any: numbers beside the latent in the generator, a projection in each head
of the discriminator (Miyato & Koyama 2018, arXiv 1802.05637, section 3). A picture without a label
has a label of its own, behind the others.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrize import register_parametrization

from impasto.config import Model
from impasto.models.convolution import Double
from impasto.models.fastgan import SkipLayerExcitation
from impasto.models.flat_field import FlatField
from impasto.models.whole_batch import BatchNorm2d

COARSEST = 4
"""Shorter side of the coarsest maps, in the generator and in the discriminator's heads."""

LAST_RESIDUAL = 16
"""Shorter side up to which a level has a residual block."""

LAST_STYLED = 32
"""Shorter side up to which the latent modulates every layer; above, coarse maps gate fine ones."""

LAST_REPLICATED = 16
"""Shorter side up to which maps are continued beyond their edge: where zeros would tell a small
map where it is (Karras et al. 2021, arXiv 2106.12423, section 2)."""

FIRST_NOISY, LAST_NOISY = 8, 64
"""Shorter sides between which a level is given noise."""

EXCITES = 16
"""How much finer a map is than the one that gates it."""

STYLE = 128
"""Numbers in a style: the latent after two layers."""

LABEL = 64
"""Numbers that stand for a label, beside the latent."""

SLOPE = 0.2

Size = int | tuple[int, int]
"""Pixels: of a square, or (height, width)."""


class Generator(nn.Module):
    """Latents (N, latent) [and labels (N,)] → pictures (N, 3, H, W) in [−1, 1]."""

    def __init__(
        self,
        size: Size,
        latent: int = 128,
        width: int = 32,
        labels: int = 0,
        noise: bool = False,
        replicate: bool = False,
        flat_field: bool = False,
    ) -> None:
        """A generator.

        Args:
            size: pixels; the shorter side a power of two times 4 to 7, the longer a multiple of
                the same power.
            latent: numbers per picture, drawn from N(0, 1) and put on a sphere.
            width: channels at 64²; twice as many per halving below, eight times as many at most.
            labels: how many it knows; 0 for a generator that takes latents alone.
            noise: whether levels from 8² to 64² are given noise, see `Noise`.
            replicate: whether maps up to 16² are continued beyond their edge, not by zeros.
            flat_field: whether the pattern that all pictures share can be taken off.
        """
        super().__init__()
        doublings, (height, breadth) = coarsest_of(size)
        sides = [COARSEST * 2**n for n in range(doublings + 1)]
        channels = {side: _channels(side, width) for side in sides}
        given = latent + (LABEL if labels else 0)
        self.style = nn.Sequential(
            nn.Linear(given, STYLE), nn.LeakyReLU(SLOPE), nn.Linear(STYLE, STYLE)
        )
        self.first = nn.Sequential(
            nn.Linear(given, channels[COARSEST] * height * breadth, bias=False),
            nn.Unflatten(1, (channels[COARSEST], height, breadth)),
        )
        self.coarsest = Level(channels[COARSEST], styled=True, residual=True, replicate=replicate)
        self.enlargements = nn.ModuleDict()
        self.levels = nn.ModuleDict()
        self.gates = nn.ModuleDict()
        self.noises = nn.ModuleDict()
        for coarse, fine in pairwise(sides):
            continued = replicate and fine <= LAST_REPLICATED
            self.enlargements[str(fine)] = enlarge(channels[coarse], channels[fine], continued)
            self.levels[str(fine)] = Level(
                channels[fine], fine <= LAST_STYLED, fine <= LAST_RESIDUAL, continued
            )
            if noise and FIRST_NOISY <= fine <= LAST_NOISY:
                scale = fine // COARSEST
                shape = (height * scale, breadth * scale)
                self.noises[str(fine)] = Noise(channels[fine], latent, shape)
            if fine >= COARSEST * EXCITES:
                gating = channels[fine // EXCITES]
                self.gates[str(fine)] = SkipLayerExcitation(gating, channels[fine])
        self.to_picture = nn.Sequential(nn.Conv2d(channels[sides[-1]], 3, 3, padding=1), nn.Tanh())
        self.flat_field = FlatField(*sides_of(size)) if flat_field else nn.Identity()
        self.of_label = nn.Embedding(labels + 1, LABEL) if labels else None

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Paint one picture for each row of `latents`.

        Args:
            latents: (N, latent).
            labels: (N,), int64, from 0 to the number of labels, which stands for none of them;
                only of a generator that knows labels.
        """
        latents = latents * (latents.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        drawn = latents
        if self.of_label is not None:
            latents = torch.cat([latents, self.of_label(labels)], 1)
        style = self.style(latents)
        first = self.first(latents).contiguous(memory_format=torch.channels_last)
        x = self.coarsest(first, style)
        maps = {COARSEST: x}
        for name, enlargement in self.enlargements.items():
            side = int(name)
            x = enlargement(x)
            if name in self.noises:
                x = self.noises[name](x, drawn)
            x = self.levels[name](x, style)
            if name in self.gates:
                x = self.gates[name](maps[side // EXCITES], x)
            maps[side] = x
        picture: Tensor = self.flat_field(self.to_picture(x))
        return picture


class Noise(nn.Module):
    """Adds a field of noise, each channel as much of it as it has learnt (from none).

    Karras et al. 2019 (arXiv 1812.04948, section 3.2): detail that is different in every picture
    need not be made of something that is the same in every picture. Theirs is drawn anew; ours is
    the latent seen from as many fixed directions as there are places, so that a latent is still
    one painting and a walk between two moves the noise as well. For one latent after another the
    values at any few places are as independent as if they were drawn.
    """

    directions: Tensor

    def __init__(self, channels: int, latent: int, shape: tuple[int, int]) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(channels))
        # numpy's oldest generator never changes, so nothing of this need be saved.
        drawn = np.random.RandomState(shape[0]).standard_normal((shape[0] * shape[1], latent))
        unit = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        self.shape = shape
        self.register_buffer("directions", torch.from_numpy(unit).float(), persistent=False)

    def forward(self, x: Tensor, latents: Tensor) -> Tensor:
        """(N, channels, H, W), latents (N, latent) of length √latent → (N, channels, H, W)."""
        field = F.linear(latents, self.directions).view(-1, 1, *self.shape)
        return torch.addcmul(x, field.to(x.dtype), self.strength[:, None, None].to(x.dtype))


class Level(nn.Module):
    """What follows an enlargement: norm, style, activation, and perhaps a residual block."""

    def __init__(
        self, channels: int, styled: bool, residual: bool, replicate: bool = False
    ) -> None:
        super().__init__()
        self.modulation = Modulation(channels, styled)
        self.residual = nn.ModuleList()
        if residual:
            last = BatchNorm2d(channels)
            nn.init.zeros_(last.weight)  # the block begins as nothing
            self.residual += [
                _three(channels, channels, replicate),
                Modulation(channels, styled),
                _three(channels, channels, replicate),
                last,
            ]

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(N, channels, H, W), (N, STYLE) → (N, channels, H, W)."""
        x = self.modulation(x, style)
        if self.residual:
            first, modulation, second, last = self.residual
            x = x + last(second(modulation(first(x), style)))
        return x


class Modulation(nn.Module):
    """BatchNorm whose scale and shift each picture's style decides, then LeakyReLU."""

    def __init__(self, channels: int, styled: bool) -> None:
        super().__init__()
        self.norm = BatchNorm2d(channels, affine=not styled)
        self.scale_and_shift = nn.Linear(STYLE, 2 * channels) if styled else None

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(N, channels, H, W), (N, STYLE) → (N, channels, H, W)."""
        x = self.norm(x)
        if self.scale_and_shift is not None:
            scale, shift = self.scale_and_shift(style)[:, :, None, None].to(x.dtype).chunk(2, 1)
            x = torch.addcmul(shift, x, 1 + scale)
        return F.leaky_relu(x, SLOPE)


class Box(nn.Module):
    """A 3×3 kernel behind a nearest-neighbour enlargement, as one 4×4 transposed kernel.

    Each coarse pixel is a box of 2×2 fine ones; 3×3 convolved with the box is 4×4. It has 16
    products a coarse pixel instead of 36, and all four fine pixels get all nine weights, so that no
    fine pixel is left out as under a plain transposed kernel.
    """

    def forward(self, weight: Tensor) -> Tensor:
        """(in, out, 3, 3) → (in, out, 4, 4)."""
        wide = F.pad(weight, (0, 1)) + F.pad(weight, (1, 0))
        return F.pad(wide, (0, 0, 0, 1)) + F.pad(wide, (0, 0, 1, 0))

    def right_inverse(self, weight: Tensor) -> Tensor:
        """(in, out, 4, 4) → (in, out, 3, 3): where training begins, not an inverse."""
        return weight[:, :, :3, :3].contiguous()


class ContinuedDouble(Double):
    """A `Double` of maps that go on beyond their edge as they are at it."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """(N, in, h, w) → (N, out, 2h, 2w)."""
        wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
        return super().forward(wide, output_size)[:, :, 2:-2, 2:-2]


def enlarge(inputs: int, outputs: int, replicate: bool = False) -> nn.Module:
    """(N, in, h, w) → (N, out, 2h, 2w): nearest neighbour, then a 3×3 convolution, in one."""
    layer = (ContinuedDouble if replicate else Double)(inputs, outputs, bias=False)
    # Nine weights reach each fine pixel from every channel: the scale is kept.
    nn.init.normal_(layer.weight, 0.0, (9 * inputs) ** -0.5)
    # Unsafe: PyTorch's trial of it, on a file's shapes alone, imports two seconds of code.
    return register_parametrization(layer, "weight", Box(), unsafe=True)


def taught_labels(weights: dict[str, Tensor], fresh: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a net that knows no labels for one that does: at first all labels are alike.

    Args:
        weights: of a generator or a discriminator.
        fresh: of the network that is to have them; `weights` are returned if they fit without.
    """
    new = {n: value for n, value in fresh.items() if n.startswith(("of_label.", "projections."))}
    if not new.keys() - weights.keys():
        return weights
    readers = ("style.0.weight", "first.0.weight")
    wider = {name: F.pad(weights[name], (0, LABEL)) for name in readers if name in weights}
    return weights | wider | new


def is_finer(fresh: Iterable[str], weights: Iterable[str]) -> bool:
    """Whether a generator has levels that another one lacks, by the names of their weights."""
    return any(name.startswith("levels.") for name in set(fresh) - set(weights))


def made_finer(weights: dict[str, Tensor], fresh: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a net for the same net at a finer size, as Karras et al. 2018 grow theirs.

    A level has as many channels whatever the size of the picture, and the frozen network looks at
    pictures of the same side: only what turns the finest maps into a picture, and the head that
    looks at the pixels, belong to one size and begin anew with the levels that are added.

    Args:
        weights: of a generator or a discriminator.
        fresh: of the network that is to have them.
    """
    of_one_size = ("to_picture.", "pixels.")
    may_be_added = ("enlargements.", "levels.", "gates.", "noises.", "things.")
    kept = {name: value for name, value in weights.items() if not name.startswith(of_one_size)}
    new = {n: v for n, v in fresh.items() if n.startswith(of_one_size + may_be_added)}
    return new | kept


def with_new_heads(weights: dict[str, Tensor], fresh: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights with the heads of `fresh` on stages that the other discriminator did not look at.

    Of the labels' directions the last is the pixels' head's, however many others there are.
    """
    last, new_last = _last_direction(weights), _last_direction(fresh)
    moved = {
        new_last + name.removeprefix(last) if last and name.startswith(last) else name: value
        for name, value in weights.items()
    }
    heads = ("mix.", "heads.", "projections.")
    return {n: v for n, v in fresh.items() if n.startswith(heads)} | moved


def _last_direction(weights: Iterable[str]) -> str:
    places = [int(name.split(".")[1]) for name in weights if name.startswith("projections.")]
    return f"projections.{max(places)}." if places else ""


def coarsest_of(size: Size) -> tuple[int, tuple[int, int]]:
    """How often a picture halves until its shorter side is 4 to 7, and what it is then."""
    height, width = sides_of(size)
    halvings = int(math.log2(min(height, width) / COARSEST))
    return halvings, (height >> halvings, width >> halvings)


def sides_of(size: Size) -> tuple[int, int]:
    """Height and width."""
    return (size, size) if isinstance(size, int) else size


def _channels(side: int, width: int) -> int:
    return max(8, min(8 * width, width * 64 // side))


def _three(inputs: int, outputs: int, replicate: bool = False) -> nn.Conv2d:
    mode: Literal["replicate", "zeros"] = "replicate" if replicate else "zeros"
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False, padding_mode=mode)


def generator_of(model: Model) -> nn.Module:
    """As a recipe's `model` section wants it."""
    return Generator(
        (model.height, model.width),
        model.latent,
        model.generator_width,
        model.labels,
        noise=model.noise,
        replicate=model.edges == "replicate",
        flat_field=model.flat_field,
    )


def discriminator_of(model: Model) -> nn.Module:
    """For a recipe's `model` section; the code is in `impasto_discriminator.py`."""
    from impasto.models.impasto_discriminator import Discriminator  # which borrows from this one

    sides, seen = (model.height, model.width), (model.features_size, model.features_stages)
    return Discriminator(
        sides, model.discriminator_width, *seen, labels=model.labels, dinov2=model.dinov2_every > 0
    )
