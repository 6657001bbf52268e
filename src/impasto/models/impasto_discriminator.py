"""Impasto's own discriminator: trained heads on frozen networks.

Projected GAN's (Sauer et al. 2021, arXiv 2111.01007), but looking through early stages, with maps
as wide as they come, light heads, and one more head on the pixels themselves: ImageNet features
alone are nearly blind to fine patterns. `DinoHeads` adds heads on DINOv2.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from impasto.models.convolution import Halve
from impasto.models.frozen import STAGES, Variant
from impasto.models.impasto import COARSEST, SLOPE, Size, coarsest_of
from impasto.models.pretrained import efficientnet_lite
from impasto.models.projected import RandomMixing, resize
from impasto.models.vision_transformer import PATCH, dino
from impasto.models.vision_transformer import WIDTH as DINO_WIDTH
from impasto.models.whole_batch import BatchNorm1d, BatchNorm2d

LOOKED_AT = (5, 11)
"""Layers of DINOv2 that have heads."""

SHOWN_AT = 84
"""Shorter side in pixels at which DINOv2 sees pictures: six patches."""

WHOLE_COUNTS = 16
"""How many logits a picture's one logit as a whole counts for: as many as a head of places."""


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
        dinov2: bool = False,
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
            dinov2: whether it also has heads on DINOv2's tokens, see `DinoHeads`.
        """
        super().__init__()
        self.features_size, self.stages, self.variant = features_size, tuple(stages), variant
        seen = [STAGES[variant][stage] for stage in stages]
        self.mix = RandomMixing(seen, width, doubled=False)
        self.heads = nn.ModuleList(
            _head(channels, features_size >> (stage + 1), width)
            for channels, stage in zip(self.mix.channels, stages, strict=True)
        )
        doublings, _ = coarsest_of(size)
        self.pixels = _head(3, COARSEST << doublings, width)
        heads = [*self.heads, self.pixels] if labels else []
        self.projections = nn.ModuleList(_projection(labels, head) for head in heads)
        self.things = DinoHeads(width) if dinov2 else None  # saved weights have this name
        self.skip_dinov2 = False
        """Whether to leave DINOv2 out for now: it costs as much as the rest together."""

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits of pictures: above 0 means "real" (and "of that label", where it knows labels)."""
        return self.heads_on(self.extract_features(x), labels)

    def extract_features(self, x: Tensor) -> list[Tensor]:
        """The heads' inputs, computed from pictures (N, 3, H, W) by frozen networks."""
        network = efficientnet_lite(self.variant, str(x.device))
        seen = self.mix(network.stages(resize(x, self.features_size), self.stages))
        if self.things is None or self.skip_dinov2:
            return [*seen, x]
        return [*seen, x, *self.things.extract_features(x)]

    def heads_on(self, features: Sequence[Tensor], labels: Tensor | None = None) -> Tensor:
        """Logits of all heads on what `extract_features` returned, with or without DINOv2's."""
        heads = [*self.heads, self.pixels]
        maps, tokens = features[: len(heads)], features[len(heads) :]
        if self.projections:
            wanted = [project(labels) for project in self.projections]
            logits = [_agreeing(*each) for each in zip(heads, maps, wanted, strict=True)]
        else:
            logits = [head(y) for head, y in zip(heads, maps, strict=True)]
        if tokens and self.things is not None:
            logits += self.things.heads_on(tokens)
        return torch.cat([each.flatten(1) for each in logits], 1)

    def freeze(self, halvings: int) -> None:
        """Freeze the first layers of every head, for a training that starts from another.

        Mo et al. 2020, "Freeze the Discriminator" (arXiv 2002.10964, section 3): early layers
        detect what all pictures have in common, and on few pictures they would overfit. A head's
        last halving and its logits are always trained: there the two sets of pictures differ.

        Args:
            halvings: how many to freeze in each head; at most all but the last.
        """
        for head in (*self.heads, self.pixels):
            ends = [at for at, layer in enumerate(head) if isinstance(layer, nn.LeakyReLU)][:-1]
            early = head[: ends[min(halvings, len(ends)) - 1] + 1] if halvings and ends else []
            for layer in early:
                layer.requires_grad_(False)


class DinoHeads(nn.Module):
    """A second critic: heads on DINOv2's patch tokens and class token.

    Sauer et al. 2023, "StyleGAN-T" (arXiv 2301.09515, section 3.2): heads on the tokens of a frozen
    ViT-S. EfficientNet's maps respond to the surface of paint, DINOv2's tokens to what is shown.
    Every pass shifts the grid of patches at random; a fixed grid would show in the samples.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.places = nn.ModuleList(_head(DINO_WIDTH, 8, width) for _ in LOOKED_AT)
        self.wholes = nn.ModuleList(_whole_head(width) for _ in LOOKED_AT)

    def extract_features(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) in [−1, 1] → for each layer tokens (N, 384, h, w), then (N, 384)."""
        bf16 = torch.is_autocast_enabled(x.device.type)
        network = dino(str(x.device), torch.bfloat16 if bf16 else torch.float32)
        x = resize(x.float(), SHOWN_AT + PATCH)
        height, width = (side // PATCH * PATCH - PATCH for side in x.shape[2:])
        spare_y, spare_x = x.shape[2] - height, x.shape[3] - width
        top, left = int(torch.randint(spare_y + 1, ())), int(torch.randint(spare_x + 1, ()))
        shown = x[:, :, top : top + height, left : left + width]
        return [each for tokens in network.tokens(shown, LOOKED_AT) for each in reversed(tokens)]

    def heads_on(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Logits on what `extract_features` returned; a whole counts as much as all its places."""
        places = [head(y) for head, y in zip(self.places, features[::2], strict=True)]
        wholes = [head(y) for head, y in zip(self.wholes, features[1::2], strict=True)]
        return [*places, *(logit.expand(-1, WHOLE_COUNTS) for logit in wholes)]


def _head(inputs: int, side: int, width: int) -> nn.Sequential:
    """Maps → 4 × 4 logits: halvings under spectral norm, as Projected GAN's, but lighter."""
    layers: list[nn.Module] = []
    channels = inputs
    while side > COARSEST:
        side //= 2
        wider = width * min(4, max(1, 32 // side))
        layers.append(spectral_norm(Halve(channels, wider)))
        is_raw_pixels = max(inputs, channels) <= 3
        layers += [] if is_raw_pixels else [BatchNorm2d(wider)]
        layers.append(nn.LeakyReLU(SLOPE, inplace=True))
        channels = wider
    return nn.Sequential(*layers, spectral_norm(nn.Conv2d(channels, 1, 3, padding=1)))


def _whole_head(width: int) -> nn.Sequential:
    """A token (N, 384) → one logit."""
    return nn.Sequential(
        spectral_norm(nn.Linear(DINO_WIDTH, 4 * width)),
        BatchNorm1d(4 * width),
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
