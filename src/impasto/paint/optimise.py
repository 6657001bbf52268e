"""One batch of squares: find strokes by trying thousands, then move them downhill together.

1. Matching pursuit (Mallat & Zhang 1993): every stroke of a dictionary is compared with every
   square by products of matrices, its colour chosen exactly, and the one that removes most error
   is laid; then the next. It starts the descent in the right valley, which a random start does
   not.
2. Variable projection (Golub & Pereyra 1973): Adam moves the geometry alone; at each step the
   colours are solved for, and at that solution the squared error's gradient with respect to the
   geometry is the same as if the colours were held. Other losses follow these colours too.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impasto.core.threads import THREADS

Network = Callable[[Tensor, int], Tensor]
"""Geometry (N, 9), side → opacity (N, 1, side, side), differentiable."""

MARGIN = 0.1
"""Points of a stroke keep this share of the square's side away from its border, so that its
width stays inside, where the loss sees it."""

SIZE = 1
"""The position of the size among the nine numbers."""

XS, YS = [2, 4, 6], [3, 5, 7]
"""The positions of the points' coordinates among them."""

BATCH = 320
"""Strokes in one batch: more no longer fit the cache of a core."""

MEAN, SQUARE = 0.8, 0.95
"""Adam's decays: it takes a few dozen steps only."""

RIDGE = 1e-3
"""Relative ridge of the colours' normal equations: two equal strokes share their colour."""


@dataclass(frozen=True)
class Limits:
    """Between which values a stroke's nine numbers stay."""

    low: Tensor
    """(9,), or (W, 1, 9) for each square."""

    high: Tensor

    @classmethod
    def of(cls, thinnest: float, thickest: float, pressure: float = 0.0) -> "Limits":
        """Limits from the two extremes of `size` and the least pressure, all in [0, 1]."""
        inside = [MARGIN] * 6
        low = torch.tensor([pressure, thinnest, *inside, pressure])
        high = torch.tensor([1.0, thickest, *(1 - margin for margin in inside), 1.0])
        return cls(low, high)

    def clamp(self, geometry: Tensor) -> Tensor:
        """(…, 9) → (…, 9)."""
        return torch.minimum(torch.maximum(geometry, self.low), self.high)

    def up_to_the_rim(self, outermost: NDArray[np.bool_]) -> "Limits":
        """Let strokes come to those sides of their squares behind which the picture ends.

        There nothing is lost by a width that reaches out, and a margin would stay bare.

        Args:
            outermost: (W, 4), of each square's left, top, right and bottom.
        """
        sides = torch.from_numpy(outermost)[:, None]
        free = torch.zeros(len(sides), 1, len(self.low), dtype=torch.bool)
        low, high = free.clone(), free
        low[..., XS], low[..., YS] = sides[..., 0:1], sides[..., 1:2]
        high[..., XS], high[..., YS] = sides[..., 2:3], sides[..., 3:4]
        return Limits(
            torch.where(low, 0.0, self.low.expand_as(low)),
            torch.where(high, 1.0, self.high.expand_as(high)),
        )

    def part(self, start: int, stop: int) -> "Limits":
        """Those of some of the squares."""
        return Limits(self.low[start:stop], self.high[start:stop])


@dataclass(frozen=True)
class Batch:
    """What W squares show, as rows of P pixels."""

    target: Tensor
    """(W, 3, P)."""

    canvas: Tensor
    """(W, 3, P), before the strokes."""

    care: Tensor
    """(W, 1, P), the weight of each pixel's squared error."""

    flow: Tensor
    """(W, 2): the direction of the picture's structure at each square, as its double angle's
    cosine and sine, shortened where there is none."""

    bare: Tensor
    """(W, 1, P): what it is worth to cover each pixel, whatever its error."""

    def __len__(self) -> int:
        return len(self.target)

    def part(self, start: int, stop: int) -> "Batch":
        """Some of the squares."""
        values = (self.target, self.canvas, self.care, self.flow, self.bare)
        return Batch(*(value[start:stop] for value in values))


@dataclass(frozen=True)
class Dictionary:
    """Strokes to try, already drawn."""

    geometry: Tensor
    """(K, 9)."""

    alpha: Tensor
    """(K, P), opacity."""

    heading: Tensor
    """(K, 2), the double angle of each stroke's chord, as cosine and sine."""

    @classmethod
    @torch.no_grad()
    def drawn(
        cls, network: Network, limits: Limits, side: int, count: int, seed: int
    ) -> "Dictionary":
        """Draw `count` strokes of all lengths, bends, widths and directions."""
        geometry = limits.clamp(_assorted(count, seed, limits))
        parts = [network(part, side).flatten(1) for part in torch.split(geometry, 256)]
        chord = torch.complex(*(geometry[:, 4:6] - geometry[:, 6:8]).unbind(1))
        double = torch.view_as_real((chord / chord.abs().clamp(min=1e-6)) ** 2)
        return cls(geometry, torch.cat(parts), double)


def _assorted(count: int, seed: int, limits: Limits) -> Tensor:
    """(count, 9): gently bent strokes all over the square."""
    chance = torch.Generator().manual_seed(seed)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=chance)

    turn = 2 * math.pi * uniform(count)
    along = torch.stack([turn.cos(), turn.sin()], 1)
    across = torch.stack([-along[:, 1], along[:, 0]], 1)
    half = 0.1 + 0.35 * uniform(count, 1)
    middle = 0.5 + 0.6 * (uniform(count, 2) - 0.5)
    through = middle + across * half * 0.6 * (uniform(count, 1) - 0.5)
    width = limits.low[SIZE] + (limits.high[SIZE] - limits.low[SIZE]) * uniform(count, 1)
    pressure = 0.5 + 0.5 * uniform(count, 2)
    ends = [middle + along * half, middle - along * half]
    return torch.cat([pressure[:, :1], width, through, *ends, pressure[:, 1:]], 1)


@torch.no_grad()
def pursue(batch: Batch, dictionary: Dictionary, count: int, follow: float) -> Tensor:
    """Lay `count` strokes into each square, each time the one that removes most error.

    With alpha a and canvas C, laying colour c leaves T − C + a(C − c): the best c and the error
    it leaves follow from products of a and a² with the square's pixels.

    Args:
        batch: W squares.
        dictionary: what to try.
        count: strokes for each square.
        follow: how much more a stroke counts that runs along the picture's structure.

    Returns:
        (W, count, 9).
    """
    alpha = dictionary.alpha
    once, twice = alpha.T, (alpha * alpha).T
    own = (batch.care @ twice).squeeze(1) + 1e-3  # (W, K)
    along = 1 + follow * (batch.flow @ dictionary.heading.T)
    canvas, bare, found = batch.canvas, batch.bare, []
    every = torch.arange(len(batch))
    for _ in range(count):
        THREADS.adjust()
        missing = (batch.target - canvas) * batch.care
        covered = canvas * batch.care
        against, hidden = missing @ once, covered @ twice  # (W, 3, K)
        colour = ((against + hidden) / own[:, None]).clamp(0, 1)
        gain = (
            2 * (colour * (against + hidden)).sum(1)
            - own * colour.square().sum(1)
            - 2 * (canvas * missing).sum(1) @ once
            - (canvas * covered).sum(1) @ twice
            + bare.squeeze(1) @ once
        )
        best = torch.where(gain > 0, gain * along, gain).argmax(1)
        found.append(dictionary.geometry[best])
        cover = alpha[best][:, None]
        canvas = canvas + cover * (colour[every, :, best][..., None] - canvas)
        bare = bare * (1 - cover)
    return torch.stack(found, 1)


def layered(alphas: Tensor) -> tuple[Tensor, Tensor]:
    """Opacities (W, k, P) → what each stroke contributes (W, k, P), what shines through (W, P)."""
    through = torch.ones_like(alphas[:, 0])
    weights = []
    for alpha in reversed(alphas.unbind(1)):
        weights.append(alpha * through)
        through = through * (1 - alpha)
    return torch.stack(weights[::-1], 1), through


@torch.no_grad()
def best_colours(weights: Tensor, through: Tensor, batch: Batch) -> Tensor:
    """Least squares in each square: (W, k, P), (W, P) → colours (W, k, 3) in [0, 1]."""
    cared = weights * batch.care
    normal = cared @ weights.transpose(1, 2)
    right = cared @ (batch.target - through[:, None] * batch.canvas).transpose(1, 2)
    diagonal = normal.diagonal(dim1=1, dim2=2).mean(1)
    ridge = (RIDGE * diagonal + 1e-4)[:, None, None]
    eye = torch.eye(normal.shape[1])
    colours: Tensor = torch.linalg.solve(normal + ridge * eye, right)
    return colours.clamp(0, 1)


Loss = Callable[[Batch], Callable[[Tensor], Tensor]]
"""What squares should be → the squares as painted (W, 3, P) → a scalar.

In two stages, so that what depends on the aim alone is computed once and not at each step.
"""

LossName = Literal["pixels", "perceptual", "both"]


def pixel_loss(batch: Batch) -> Callable[[Tensor], Tensor]:
    """The sum of weighted squared errors: what PSNR measures."""
    return lambda painted: ((painted - batch.target).square() * batch.care).sum()


def descend(
    geometry: Tensor,
    batch: Batch,
    network: Network,
    limits: Limits,
    steps: int,
    loss: Loss = pixel_loss,
    rate: float = 0.03,
) -> Tensor:
    """Move strokes downhill by Adam with a cosine schedule.

    Args:
        geometry: (W, k, 9), where to start.
        batch: W squares.
        network: draws strokes, differentiably.
        limits: where the numbers stay.
        steps: how many; 0 leaves the strokes where they are.
        loss: what to lower.
        rate: the learning rate at first; near 0 at the end.

    Returns:
        (W, k, 9).
    """
    if not steps:
        return geometry.clone()
    count, side = geometry.shape[1], math.isqrt(batch.target.shape[-1])
    far = loss(batch)
    moving = geometry.clone().requires_grad_()
    mean, square = torch.zeros_like(geometry), torch.zeros_like(geometry)
    for step in range(steps):
        THREADS.adjust()
        alphas = network(moving.reshape(-1, 9), side).reshape(len(batch), count, -1)
        weights, through = layered(alphas)
        colours = best_colours(weights, through, batch)
        painted = through[:, None] * batch.canvas + colours.transpose(1, 2) @ weights
        (slope,) = torch.autograd.grad(far(painted), moving)
        # Adam (Kingma & Ba 2015, algorithm 1). Written out: the first use of `torch.optim`
        # imports its compiler, four seconds in which hundreds of strokes are painted.
        mean = MEAN * mean + (1 - MEAN) * slope
        square = SQUARE * square + (1 - SQUARE) * slope.square()
        usual = (square / (1 - SQUARE ** (step + 1))).sqrt() + 1e-8
        now = rate * (0.505 + 0.495 * math.cos(math.pi * step / steps))
        with torch.no_grad():
            moving.sub_(now * mean / (1 - MEAN ** (step + 1)) / usual)
            moving.copy_(limits.clamp(moving))
    return moving.detach()
