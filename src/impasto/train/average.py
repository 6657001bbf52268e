"""The moving average of the generator's weights: smoother pictures than any single step's."""

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def start_average(network: nn.Module) -> nn.Module:
    """A frozen copy to average into."""
    return copy.deepcopy(network).eval().requires_grad_(False)


@torch.no_grad()
def update_average(
    average: nn.Module, network: nn.Module, batch: int, images: int, half_life: float, ramp: float
) -> None:
    """Move the average towards the network by one step's worth.

    The half-life grows with the images so far, up to its final length (Karras et al. 2020,
    StyleGAN2's `ema_rampup`): a run of any length shows its present, not its beginning.
    BatchNorm's running statistics are averaged alike, so that they belong to the averaged weights.

    Args:
        average: the copy that `start_average` made; changed in place.
        network: the network in training.
        batch: images in this step.
        images: images shown before it.
        half_life: images after which a weight's share has halved.
        ramp: the largest half-life as a share of `images`.
    """
    decay = 0.5 ** (batch / max(min(half_life, images * ramp), 1e-8))
    ours, theirs = list(average.state_dict().values()), list(network.state_dict().values())
    floating = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.is_floating_point()]
    torch._foreach_lerp_([a for a, _ in floating], [b for _, b in floating], 1 - decay)
    for a, b in zip(ours, theirs, strict=True):
        if not a.is_floating_point():
            a.copy_(b)


@torch.no_grad()
def settle(average: nn.Module, batches: Iterable[tuple[Tensor, ...]]) -> None:
    """Count BatchNorm's statistics anew for the averaged weights; the weights stay as they are.

    Averaged statistics are those of the weights that were averaged, one after the other, not of
    their average: a generator that learns fast has moved between them. Brock et al. 2019 (BigGAN,
    arXiv 1809.11096, appendix B, "standing statistics") count them before sampling, too.

    Args:
        average: changed in place; what its statistics were before does not matter.
        batches: what to paint meanwhile, as the generator takes it, as large as in training.
    """
    norms = [module for module in average.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
        norm.train()
    for batch in batches:
        average(*batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
