"""Impasto's own nets: most arithmetic where a CPU is fast, and nothing that leaves a grid.

Generator: enlarge (nearest), then convolve (Odena et al. 2016, "Deconvolution and Checkerboard
Artifacts"), with both folded into one kernel as in Karras et al. 2018 (arXiv 1710.10196, appendix
A); residual blocks up to 16²; a latent that speaks at every coarse layer (style modulation as
AdaIN, Karras et al. 2019, arXiv 1812.04948, equation 1), and at fine ones through skip-layer
excitation (Liu et al. 2021, arXiv 2101.04775, equation 1).

Discriminator: Projected GAN's (Sauer et al. 2021, arXiv 2111.01007), but looking through early
stages, with maps as wide as they come, light heads, and one more head on the pixels themselves:
ImageNet features alone are nearly blind to fine patterns.

Labels, where there are any: numbers beside the latent in the generator, a projection in each head
of the discriminator (Miyato & Koyama 2018, arXiv 1802.05637, section 3). A picture without a label
has a label of its own, behind the others.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import register_parametrization

from impasto.models.convolution import Double, Halve
from impasto.models.fastgan import SkipLayerExcitation
from impasto.models.frozen import STAGES, Variant
from impasto.models.pretrained import efficientnet_lite
from impasto.models.projected import RandomMixing, resize
from impasto.models.vision_transformer import PATCH, dino
from impasto.models.vision_transformer import WIDTH as DINO_WIDTH

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

LOOKED_AT = (5, 11)
"""Layers of DINOv2 that have heads."""

SHOWN_AT = 84
"""Shorter side in pixels at which DINOv2 sees pictures: six patches."""

WHOLE_COUNTS = 16
"""How many logits a picture's one logit as a whole counts for: as many as a head of places."""

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
        """
        super().__init__()
        doublings, (height, breadth) = _coarsest(size)
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
        picture: Tensor = self.to_picture(x)
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
            last = nn.BatchNorm2d(channels)
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
        self.norm = nn.BatchNorm2d(channels, affine=not styled)
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
    products a coarse pixel instead of 36, and no grid: all four fine pixels get all nine weights.
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
    return register_parametrization(layer, "weight", Box())


class Discriminator(nn.Module):
    """Pictures (N, 3, H, W) in [−1, 1] [and labels (N,)] → logits (N, K), 16 a head of a square.

    The frozen network is not part of this module: neither trained, nor counted, nor saved.
    """

    def __init__(
        self,
        size: Size,
        width: int = 32,
        features_size: int = 128,
        stages: Sequence[int] = (1, 2, 3),
        variant: Variant = "lite0",
        labels: int = 0,
        things: bool = False,
    ) -> None:
        """A discriminator.

        Args:
            size: pixels, as the generator's.
            width: channels of the finest maps; four times as many in the coarsest.
            features_size: the shorter side that pictures are resized to before the frozen network
                looks at them, a power of two; 64 costs a quarter of 128.
            stages: which of the frozen network's maps have a head, see `pretrained.STAGES`.
            variant: the frozen network.
            labels: how many it knows, as the generator.
            things: whether it also has heads on what DINOv2 sees, see `Things`.
        """
        super().__init__()
        self.features_size, self.stages, self.variant = features_size, tuple(stages), variant
        seen = [STAGES[variant][stage] for stage in stages]
        self.mix = RandomMixing(seen, width, doubled=False)
        self.heads = nn.ModuleList(
            _head(channels, features_size >> (stage + 1), width)
            for channels, stage in zip(self.mix.channels, stages, strict=True)
        )
        doublings, _ = _coarsest(size)
        self.pixels = _head(3, COARSEST << doublings, width)
        heads = [*self.heads, self.pixels] if labels else []
        self.projections = nn.ModuleList(_projection(labels, head) for head in heads)
        self.things = Things(width) if things else None
        self.things_rest = False
        """Whether DINOv2 does not look for now: it costs as much as all else together."""

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Judge pictures: above 0 means "real" (and "of that label", where it knows labels)."""
        return self.judge(self.look(x), labels)

    def look(self, x: Tensor) -> list[Tensor]:
        """What its heads see of pictures (N, 3, H, W): all that it never learns."""
        network = efficientnet_lite(self.variant, str(x.device))
        seen = self.mix(network.stages(resize(x, self.features_size), self.stages))
        things = [] if self.things is None or self.things_rest else self.things.look(x)
        return [*seen, x, *things]

    def judge(self, seen: Sequence[Tensor], labels: Tensor | None = None) -> Tensor:
        """Logits of what `look` has seen, with or without DINOv2."""
        heads = [*self.heads, self.pixels]
        surfaces, things = seen[: len(heads)], seen[len(heads) :]
        if self.projections:
            wanted = [project(labels) for project in self.projections]
            judged = [_agreeing(*each) for each in zip(heads, surfaces, wanted, strict=True)]
        else:
            judged = [head(y) for head, y in zip(heads, surfaces, strict=True)]
        if things and self.things is not None:
            judged += self.things.judge(things)
        return torch.cat([logits.flatten(1) for logits in judged], 1)

    def freeze(self, halvings: int) -> None:
        """Keep the first layers of every head as they are, for a game that began from another.

        Mo et al. 2020, "Freeze the Discriminator" (arXiv 2002.10964, section 3): what early layers
        see is common to all pictures, and a few of them would only be learnt by heart. A head's
        last halving is always trained, and its logits: there the two sets of pictures differ.

        Args:
            halvings: how many of each head; all but the last where it has no more.
        """
        for head in (*self.heads, self.pixels):
            ends = [at for at, layer in enumerate(head) if isinstance(layer, nn.LeakyReLU)][:-1]
            early = head[: ends[min(halvings, len(ends)) - 1] + 1] if halvings and ends else []
            for layer in early:
                layer.requires_grad_(False)


class Things(nn.Module):
    """A second critic, on DINOv2's tokens: what is where, and what the whole is.

    Sauer et al. 2023, "StyleGAN-T" (arXiv 2301.09515, section 3.2): heads on the tokens of a frozen
    ViT-S. EfficientNet's maps tell paint from no paint; these tell a head from a stain. The grid
    of patches is laid elsewhere in every look, or else the generator would paint its lines.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.places = nn.ModuleList(_head(DINO_WIDTH, 8, width) for _ in LOOKED_AT)
        self.wholes = nn.ModuleList(_whole_head(width) for _ in LOOKED_AT)

    def look(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) in [−1, 1] → for each layer tokens (N, 384, h, w), then (N, 384)."""
        bf16 = torch.is_autocast_enabled(x.device.type)
        network = dino(str(x.device), torch.bfloat16 if bf16 else torch.float32)
        x = resize(x.float(), SHOWN_AT + PATCH)
        height, width = (side // PATCH * PATCH - PATCH for side in x.shape[2:])
        spare_y, spare_x = x.shape[2] - height, x.shape[3] - width
        top, left = int(torch.randint(spare_y + 1, ())), int(torch.randint(spare_x + 1, ()))
        shown = x[:, :, top : top + height, left : left + width]
        return [each for tokens in network.tokens(shown, LOOKED_AT) for each in reversed(tokens)]

    def judge(self, seen: Sequence[Tensor]) -> list[Tensor]:
        """Logits of `look`; a whole counts as much as all its places."""
        places = [head(y) for head, y in zip(self.places, seen[::2], strict=True)]
        wholes = [head(y) for head, y in zip(self.wholes, seen[1::2], strict=True)]
        return [*places, *(logit.expand(-1, WHOLE_COUNTS) for logit in wholes)]


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
    looks at the pixels, belong to one size and begin anew with the levels that are added. So do
    heads on stages of the frozen network that the other discriminator did not look at, being
    coarser.

    Args:
        weights: of a generator or a discriminator.
        fresh: of the network that is to have them.
    """
    of_one_size = ("to_picture.", "pixels.")
    may_be_added = ("enlargements.", "levels.", "gates.", "noises.", "mix.", "heads.", "things.")
    kept = {name: value for name, value in weights.items() if not name.startswith(of_one_size)}
    new = {n: v for n, v in fresh.items() if n.startswith(of_one_size + may_be_added)}
    return new | kept


def _coarsest(size: Size) -> tuple[int, tuple[int, int]]:
    """How often a picture halves until its shorter side is 4 to 7, and what it is then."""
    height, width = (size, size) if isinstance(size, int) else size
    halvings = int(math.log2(min(height, width) / COARSEST))
    return halvings, (height >> halvings, width >> halvings)


def _channels(side: int, width: int) -> int:
    return max(8, min(8 * width, width * 64 // side))


def _three(inputs: int, outputs: int, replicate: bool = False) -> nn.Conv2d:
    mode: Literal["replicate", "zeros"] = "replicate" if replicate else "zeros"
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False, padding_mode=mode)


def _head(inputs: int, side: int, width: int) -> nn.Sequential:
    """Maps → 4 × 4 logits: halvings under spectral norm, as Projected GAN's, but lighter."""
    layers: list[nn.Module] = []
    channels = inputs
    while side > COARSEST:
        side //= 2
        wider = width * min(4, max(1, 32 // side))
        layers.append(spectral_norm(Halve(channels, wider)))
        layers += [nn.BatchNorm2d(wider)] if inputs > 3 or channels > 3 else []
        layers.append(nn.LeakyReLU(SLOPE, inplace=True))
        channels = wider
    return nn.Sequential(*layers, spectral_norm(nn.Conv2d(channels, 1, 3, padding=1)))


def _whole_head(width: int) -> nn.Sequential:
    """A token (N, 384) → one logit."""
    return nn.Sequential(
        spectral_norm(nn.Linear(DINO_WIDTH, 4 * width)),
        nn.BatchNorm1d(4 * width),
        nn.LeakyReLU(SLOPE, inplace=True),
        spectral_norm(nn.Linear(4 * width, 1)),
    )


def _projection(labels: int, head: nn.Module) -> nn.Module:
    """Labels (N,) → a direction (N, channels) among the head's coarsest maps for each of them."""
    *_, last = head.children()
    channels = cast(nn.Conv2d, last).in_channels
    directions = nn.Embedding(labels + 1, channels)
    nn.init.normal_(directions.weight, 0.0, channels**-0.5)  # rows as long as the last layer's
    return spectral_norm(directions)


def _agreeing(head: nn.Module, x: Tensor, direction: Tensor) -> Tensor:
    """ψ(φ(x)) + ⟨direction, φ(x)⟩ at each place of the coarsest maps φ(x): (N, 1, h, w)."""
    *layers, last = head.children()
    for layer in layers:
        x = layer(x)
    agreement = (x * direction[:, :, None, None]).sum(1, keepdim=True)
    logits: Tensor = last(x) + agreement
    return logits
