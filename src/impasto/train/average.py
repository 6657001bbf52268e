"""The moving average of the generator's weights: smoother pictures than any single step's."""

import copy

import torch
from torch import nn


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
    What spectral norm remembers is copied: directions have no mean.

    Args:
        average: the copy that `start_average` made; changed in place.
        network: the network in training.
        batch: images in this step.
        images: images shown before it.
        half_life: images after which a weight's share has halved.
        ramp: the largest half-life as a share of `images`.
    """
    decay = 0.5 ** (batch / max(min(half_life, images * ramp), 1e-8))
    ours, theirs = average.state_dict(), network.state_dict()
    means = [name for name, a in ours.items() if a.is_floating_point() and not _is_direction(name)]
    torch._foreach_lerp_([ours[n] for n in means], [theirs[n] for n in means], 1 - decay)
    for name in ours.keys() - set(means):
        ours[name].copy_(theirs[name])


def _is_direction(name: str) -> bool:
    """Whether it is a singular vector of `torch.nn.utils.parametrizations.spectral_norm`."""
    return "parametrizations" in name and name.endswith(("._u", "._v"))
