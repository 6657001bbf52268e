"""Games: what the discriminator and the generator each minimise, as a pair of functions.

Logits are raw numbers, positive for "real"; every function returns a scalar. A new game is one
pair here and one word in `config.Loss`.
"""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import softplus


class Game(NamedTuple):
    """The two sides of one game."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    """(logits of reals (N,), logits of fakes (N,)) → scalar."""

    generator: Callable[[Tensor], Tensor]
    """logits of fakes (N,) → scalar."""


def non_saturating_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Binary cross-entropy with hard labels: −log D(x) − log(1 − D(G(z))).

    Goodfellow et al. 2014 (arXiv 1406.2661), equation 1; with D = sigmoid(logit),
    −log D = softplus(−logit) and −log(1 − D) = softplus(logit), which never overflows.
    """
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def non_saturating_generator(fake_logits: Tensor) -> Tensor:
    """−log D(G(z)): strong gradients even where the discriminator is sure.

    Goodfellow et al. 2014, section 3, the alternative to minimising log(1 − D(G(z))).
    """
    return softplus(-fake_logits).mean()


GAMES = {
    "non-saturating": Game(non_saturating_discriminator, non_saturating_generator),
}
