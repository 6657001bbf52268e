"""Signs of life of a game, read from what a step has at hand anyway."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

COARSE = 8
"""Variety is read from pictures of this side: from composition and colour, not from texture."""


@torch.no_grad()
def win_rate(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The share of pairs (real, fake) in which the real gets the higher logit.

    The area under the discriminator's ROC curve: .5 if it cannot tell, 1 if it always can,
    whatever the game and the scale of its logits. (N, …) and (M, …) → scalar.
    """
    real, fake = (each.reshape(len(each), -1).mean(1) for each in (real_logits, fake_logits))
    higher = (real[:, None] > fake[None, :]).float()
    return (higher + 0.5 * (real[:, None] == fake[None, :]).float()).mean()


@torch.no_grad()
def variety(fakes: Tensor, reals: Tensor) -> Tensor:
    """How much the pictures of a batch differ from each other, relative to the reals.

    Standard deviation over the batch of each coarse pixel, averaged: 0 when all are one picture,
    1 when they differ as much as the reals do. (N, 3, H, W) twice → scalar.
    """
    return _spread(fakes) / _spread(reals).clamp_min(1e-6)


def _spread(pictures: Tensor) -> Tensor:
    coarse = F.adaptive_avg_pool2d(pictures.detach().float(), COARSE)
    return coarse.std(0, correction=0).mean()


@torch.no_grad()
def gradient_norm(weights: Iterable[nn.Parameter]) -> Tensor:
    """Length of the whole gradient of some weights: a scalar."""
    return nn.utils.get_total_norm([w.grad for w in weights if w.grad is not None])
