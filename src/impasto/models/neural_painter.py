"""Networks of two earlier neural painters: from a stroke's twelve numbers straight to pixels.

`PainterGenerator` and `PainterDiscriminator` are those of the project that trained three networks
one on the other; `ConditionalGenerator` and `ConditionalCritic` follow Nakano 2019, "Neural
Painters: A learned differentiable constraint for generating brushstroke paintings", arXiv
1904.08410. Impasto's own network is in `strokes.py`.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from impasto.models.convolution import Double, FromVector, Halve

NUMBERS = 12
"""In an action."""


def _up(before: int, after: int) -> list[nn.Module]:
    """Twice the side: transposed convolution, BatchNorm, ReLU."""
    return [
        Double(before, after, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    ]


class PainterGenerator(nn.Module):
    """(N, 12) → (N, 3, 64, 64) in [−1, 1]."""

    def __init__(self, width: int = 4096, published: bool = False) -> None:
        """A generator.

        Args:
            width: numbers after the first linear layer; theirs has 4096.
            published: with the source's two faults: no ReLU behind that layer, so that it and the
                next make one product, and a tanh that should reach [0, 1] and not [−1, 1].
        """
        super().__init__()
        self.published = published
        rectified = [] if published else [nn.ReLU(inplace=True)]
        self.first = nn.Sequential(nn.Linear(NUMBERS, width), *rectified)
        self.picture = nn.Sequential(
            FromVector(width, 512),
            nn.BatchNorm2d(512),
            nn.ReLU(inplace=True),
            *_up(512, 256),
            *_up(256, 128),
            *_up(128, 64),
            nn.ConvTranspose2d(64, 64, 3, 1, 1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            Double(64, 3),
            nn.Tanh(),
        )

    def forward(self, actions: Tensor) -> Tensor:
        """(N, 12) in [0, 1] → strokes on white paper, (N, 3, 64, 64) in [−1, 1].

        As published, the tanh's own numbers are taken for a picture in [0, 1], which may so be
        as low as −3 here.
        """
        picture: Tensor = self.picture(self.first(actions)[:, :, None, None])
        return 2 * picture - 1 if self.published else picture


class PainterDiscriminator(nn.Module):
    """(N, 3, 64, 64) → (N,), real or not: a logit, since its sigmoid belongs to the loss."""

    def __init__(self, width: int = 64, published: bool = False) -> None:
        """A discriminator; as published it sees pictures in [0, 1]."""
        super().__init__()
        self.published = published
        widths = [3, width, 2 * width, 4 * width, 8 * width, 16 * width]
        layers: list[nn.Module] = []
        for number, (before, after) in enumerate(pairwise(widths)):
            layers += [
                Halve(before, after),
                nn.LeakyReLU(0.2, inplace=True),
                nn.Dropout2d(0.15 if number < 2 else 0.3),
            ]
        self.judge = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 2), nn.Flatten())

    def forward(self, strokes: Tensor, actions: Tensor) -> Tensor:
        """A logit a stroke; the actions are not looked at."""
        del actions
        logits: Tensor = self.judge((strokes + 1) / 2 if self.published else strokes)
        return logits[:, 0]


class ConditionalGenerator(nn.Module):
    """(N, 12) and chance → (N, 3, 64, 64) in [−1, 1]; .81 M weights."""

    def __init__(self, noise: int = 16) -> None:
        super().__init__()
        self.noise = noise
        self.first = nn.Linear(NUMBERS + noise, 256 * 16)
        self.picture = nn.Sequential(
            nn.BatchNorm2d(256),
            nn.ReLU(inplace=True),
            *_up(256, 128),
            *_up(128, 64),
            *_up(64, 32),
            Double(32, 3),
            nn.Sigmoid(),
        )

    def forward(self, actions: Tensor) -> Tensor:
        """(N, 12) in [0, 1] → strokes on white paper; each call draws its own chance."""
        chance = torch.randn(len(actions), self.noise, device=actions.device, dtype=actions.dtype)
        first = self.first(torch.cat([actions, chance], 1)).unflatten(1, (256, 4, 4))
        picture: Tensor = self.picture(first)
        return picture * 2 - 1


class ConditionalCritic(nn.Module):
    """(N, 3, 64, 64) and (N, 12) → (N,): how real this stroke is for this action."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        widths = [3 + NUMBERS, width, 2 * width, 4 * width, 8 * width]
        layers: list[nn.Module] = []
        # No BatchNorm: the gradient penalty is a matter of each stroke by itself.
        for before, after in pairwise(widths):
            layers += [Halve(before, after), nn.LeakyReLU(0.2)]
        self.judge = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4), nn.Flatten())

    def forward(self, strokes: Tensor, actions: Tensor) -> Tensor:
        """A number without bounds for each stroke."""
        side = strokes.shape[-1]
        everywhere = actions[:, :, None, None].expand(-1, -1, side, side)
        judged: Tensor = self.judge(torch.cat([strokes, everywhere], 1))
        return judged[:, 0]
