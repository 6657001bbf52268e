"""Games: what the discriminator and the generator each minimise; and penalties that bound them.

Logits are raw numbers, positive for "real", one or more for each picture; every function returns
a scalar. A new game is a row in `GAMES` and a name in `config/loss.py`.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from impasto.core.together import RANKS
from impasto.models.flat_field import blurred

Half = Callable[[Tensor], Tensor]
"""Logits of one kind → scalar."""


class Game(NamedTuple):
    """The two sides of one game."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    """(logits of reals (N, …), logits of fakes (N, …)) → scalar."""

    generator: Callable[[Tensor, Tensor], Tensor]
    """(logits of fakes, logits of reals without gradient) → scalar."""

    guessing: float
    """The discriminator's loss with all logits at 0; 0 for a loss without such a scale. A constant,
    because computing it would draw the random margins from the training's own generator."""

    halves: tuple[Half, Half] | None = None
    """The discriminator's loss on reals and on fakes, where it is the sum of the two."""


def sum_of(on_reals: Half, on_fakes: Half, generator: Half, guessing: float) -> Game:
    """A game whose discriminator looks at reals and at fakes each by themselves."""
    return Game(
        lambda real, fake: on_reals(real) + on_fakes(fake),
        lambda fake, _: generator(fake),
        guessing,
        (on_reals, on_fakes),
    )


def non_saturating() -> Game:
    """Binary cross-entropy with hard labels: −log D(x) − log(1 − D(G(z))); −log D(G(z)).

    Goodfellow et al. 2014 (arXiv 1406.2661), equation 1, and section 3 for the generator, whose
    gradients stay strong where the discriminator is sure. With D = sigmoid(logit),
    −log D = softplus(−logit) and −log(1 − D) = softplus(logit), which never overflows.
    """
    return sum_of(
        lambda real: softplus(-real).mean(),
        lambda fake: softplus(fake).mean(),
        lambda fake: softplus(-fake).mean(),
        guessing=2 * math.log(2),
    )


def least_squares() -> Game:
    """½(D(x) − 1)² + ½D(G(z))²; ½(D(G(z)) − 1)².

    Mao et al. 2017 (arXiv 1611.04076), equation 9: a = 0, b = c = 1.
    """
    return sum_of(
        lambda real: 0.5 * (real - 1).square().mean(),
        lambda fake: 0.5 * fake.square().mean(),
        lambda fake: 0.5 * (fake - 1).square().mean(),
        guessing=0.5,
    )


def wasserstein() -> Game:
    """−D(x) + D(G(z)); −D(G(z)). D must be kept Lipschitz: by clipped weights or by a penalty.

    Arjovsky et al. 2017 (arXiv 1701.07875), equation 2 and algorithm 1.
    """
    return sum_of(
        lambda real: -real.mean(),
        lambda fake: fake.mean(),
        lambda fake: -fake.mean(),
        guessing=0.0,
    )


def hinge() -> Game:
    """max(0, 1 − D(x)) + max(0, 1 + D(G(z))); −D(G(z)).

    Lim & Ye 2017 (arXiv 1705.02894), section 2; Miyato et al. 2018 (arXiv 1802.05957), equation 16.
    """
    return sum_of(
        lambda real: relu(1 - real).mean(),
        lambda fake: relu(1 + fake).mean(),
        lambda fake: -fake.mean(),
        guessing=2.0,
    )


def _margin(logits: Tensor) -> Tensor:
    return 0.8 + 0.2 * RANKS.drawn(torch.rand, logits.shape, device=logits.device)


def hinge_random_margin() -> Game:
    """The hinge with a margin drawn from U(.8, 1) for every logit.

    Liu et al. 2021 (arXiv 2101.04775): the published code, not the paper, draws the margin.
    """
    return sum_of(
        lambda real: relu(_margin(real) - real).mean(),
        lambda fake: relu(_margin(fake) + fake).mean(),
        lambda fake: -fake.mean(),
        guessing=1.8,  # twice the mean margin
    )


def relativistic() -> Game:
    """softplus(D(G(z)) − D(x)); softplus(D(x) − D(G(z))): each fake against one real.

    Huang et al. 2024 (arXiv 2501.05441), equation 2, with f(t) = −log(1 + e^−t); the pairing is
    that of Jolicoeur-Martineau 2018 (arXiv 1807.00734).
    """
    return Game(
        lambda real, fake: softplus(fake - real).mean(),
        lambda fake, real: softplus(real - fake).mean(),
        guessing=math.log(2),
    )


GAMES: dict[str, Game] = {
    "non-saturating": non_saturating(),
    "least-squares": least_squares(),
    "wasserstein": wasserstein(),
    "hinge": hinge(),
    "hinge-random-margin": hinge_random_margin(),
    "relativistic": relativistic(),
}


def smoothing(real_logits: Tensor, amount: float) -> Tensor:
    """What one-sided label smoothing adds to binary cross-entropy on reals.

    Salimans et al. 2016 (arXiv 1606.03498), section 3.4: with the label 1 − s,
    (1 − s)·softplus(−l) + s·softplus(l) = softplus(−l) + s·l, as softplus(l) = softplus(−l) + l.
    """
    return amount * real_logits.mean()


def zero_centred_penalty(logits: Tensor, pictures: Tensor) -> Tensor:
    """‖∇D‖², the mean over pictures: R1 on reals, R2 on fakes (multiply by γ/2).

    Mescheder et al. 2018 (arXiv 1801.04406), equation 9.

    Args:
        logits: (N, …), computed from `pictures`.
        pictures: (N, 3, H, W), requiring a gradient.
    """
    return _gradient(logits, pictures).square().sum((1, 2, 3)).mean()


def one_centred_penalty(logits: Tensor, pictures: Tensor) -> Tensor:
    """(‖∇D‖ − 1)², the mean over pictures (multiply by λ).

    Gulrajani et al. 2017 (arXiv 1704.00028), equation 3.

    Args:
        logits: (N, …), computed from `pictures`.
        pictures: (N, 3, H, W) from `between`.
    """
    # The small number keeps the root's gradient finite where the discriminator is flat.
    length = (_gradient(logits, pictures).square().sum((1, 2, 3)) + 1e-12).sqrt()
    return (length - 1).square().mean()


def stamp(fakes: Tensor, reals: Tensor) -> Tensor:
    """The energy of a fine pattern that is printed on every sample but on no original.

    Averaged over a batch, pictures are smooth, and what is left of detail is what they share. Of
    two halves of a batch the product has the square of that as its expectation, without the
    variance that one half's square would add. Rims are left out: originals have frames there.

    Args:
        fakes: (N, 3, H, W) in [−1, 1], at least 2.
        reals: originals, at least 2; more or fewer than there are fakes.
    """
    one, other = _halves(fakes) - _halves(reals)
    fine = torch.stack([one, other])
    fine = fine - blurred(fine, 2.0)
    rim_y, rim_x = fine.shape[2] // 10, fine.shape[3] // 10
    one, other = fine[:, :, rim_y : -rim_y or None, rim_x : -rim_x or None]
    energy: Tensor = (one * other).mean()
    return energy


def _halves(pictures: Tensor) -> Tensor:
    """Mean of a batch's first half and of its second, whoever has those rows: (2, 3, H, W)."""
    each = len(pictures)
    half = each * RANKS.count // 2
    place = each * RANKS.rank + torch.arange(each, device=pictures.device)
    of_half = torch.stack([place < half, (half <= place) & (place < 2 * half)]).float()
    return RANKS.sum(torch.einsum("pn,nchw->pchw", of_half, pictures.float())) / half


def between(reals: Tensor, fakes: Tensor) -> Tensor:
    """Points on the lines from reals to fakes, uniformly: (N, 3, H, W), requiring a gradient.

    Gulrajani et al. 2017, algorithm 1, line 6.
    """
    share = RANKS.drawn(torch.rand, (len(reals), 1, 1, 1), device=reals.device)
    return torch.lerp(reals, fakes.to(reals.dtype), share).detach().requires_grad_()


def _gradient(logits: Tensor, pictures: Tensor) -> Tensor:
    # Games take the mean over a picture's logits, and so does this: the gradient of a sum of K
    # logits would be K times as long, and its square K² times.
    answers = logits.reshape(len(logits), -1).mean(1)
    (gradient,) = torch.autograd.grad(answers.sum(), pictures, create_graph=True)
    return gradient.float()
