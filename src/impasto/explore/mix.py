"""Children of two paintings: bred in the latent space, or crossed at a layer."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto.data.loader import to_pictures
from impasto.errors import ImpastoError
from impasto.generate.conditions import Conditioned
from impasto.generate.interpolate import slerp
from impasto.generate.latents import Latent
from impasto.generate.layers import layers_by_side
from impasto.generate.sampler import LoadedGenerator

How = Literal["between", "genes", "layers"]


@dataclass(frozen=True)
class Child:
    """A picture that was bred, how, and what makes it again."""

    how: str
    """For people: `genes of both, 48 % of the first`."""

    latent: Latent | None
    """None where two latents met at a layer: no single one paints that picture."""

    picture: NDArray[np.uint8] | None = None
    """(H, W, 3), where there is no latent to paint it from."""


def between(a: Latent, b: Latent, names: Sequence[str]) -> list[Child]:
    """Children on the arc from one parent to the other, evenly, without the parents themselves."""
    times = torch.arange(1, len(names) + 1, dtype=torch.float64) / (len(names) + 1)
    values = slerp(a.values, b.values, times)
    return [
        Child(f"{t:.0%} of the way", _child(a, b, name, z, t))
        for name, t, z in zip(names, times.tolist(), values, strict=True)
    ]


def genes(a: Latent, b: Latent, names: Sequence[str], seed: int) -> list[Child]:
    """Children with each number from one parent or the other, by the toss of a coin.

    Uniform crossover (Syswerda 1989). A child of two independent latents from N(0, 1) is itself a
    draw from it: nothing is averaged away, however many generations.
    """
    chance = torch.Generator().manual_seed(seed)
    children = []
    for name in names:
        first = torch.rand(len(a.values), generator=chance) < 0.5
        share = first.float().mean().item()
        how = f"genes of both, {share:.0%} of {a.name}"
        values = torch.where(first, a.values, b.values)
        children.append(Child(how, _child(a, b, name, values, 1 - share)))
    return children


def at_layers(
    generator: LoadedGenerator, a: Latent, b: Latent, levels: Mapping[int, float] | None = None
) -> list[Child]:
    """Children with the composition of `a` and the manner of `b`.

    Args:
        generator: paints them.
        a: whose composition.
        b: whose manner.
        levels: by a side of the maps, how much of the manner is taken there, from 0 to 1; one
            child. If not given, a child for each side, which takes all of it there.

    Raises:
        ImpastoError: the parents have different labels or truncations, or there are no such maps.
    """
    if (a.label, a.truncation) != (b.label, b.truncation):
        raise ImpastoError(
            "Parents crossed at a layer need one label and truncation; --label sets the label."
        )
    network = Conditioned(generator, a.label, a.truncation)
    layers = layers_by_side(network, generator.latent)
    if levels and (unknown := sorted(levels.keys() - layers.keys())):
        raise ImpastoError(
            f"This generator has no level {unknown[0]}; it has {', '.join(map(str, layers))}."
        )
    lending = Lending(network, list(layers.values()))
    both, children = torch.stack([a.values, b.values]), []
    for wanted in [levels] if levels else [{side: 1.0} for side in layers]:
        shares = torch.tensor([wanted.get(side, 0.0) for side in layers])
        with torch.no_grad():
            picture = to_pictures(lending(both, shares)[:1])[0]
        children.append(Child(_told(a, b, wanted), None, picture))
    return children


def _told(a: Latent, b: Latent, levels: Mapping[int, float]) -> str:
    if list(levels.values()) == [1.0]:
        (side,) = levels
        return f"{a.name} in the manner of {b.name} at {side}×{side}"
    taken = (f"{share:.0%} at {side}×{side}" for side, share in sorted(levels.items()) if share)
    return f"{a.name} in the manner of {b.name}: {', '.join(taken) or 'nothing of it'}"


class Lending(nn.Module):
    """A generator in which the last picture of a batch lends its manner to all.

    The maps of a level get the mean and the deviation that each channel has in the last picture:
    adaptive instance normalisation (Huang & Belongie 2017, eq. 8), inside the generator. The last
    picture itself stays as it is.
    """

    def __init__(self, network: nn.Module, layers: Sequence[nn.Module]) -> None:
        """A network, and inside it the layers whose maps are the levels, from coarse to fine."""
        super().__init__()
        self.network = network
        self._layers = tuple(layers)
        self.eval()

    def forward(self, latents: Tensor, shares: Tensor, labels: Tensor | None = None) -> Tensor:
        """Paint.

        Args:
            latents: (N, L).
            shares: (levels,), from 0 to 1: how much of the manner is taken at each.
            labels: (N,), of a network that takes them.
        """
        with ExitStack() as hooks:
            for layer, share in zip(self._layers, shares.unbind(), strict=True):

                def lend(_: nn.Module, __: object, maps: Tensor, share: Tensor = share) -> Tensor:
                    return adopt_statistics(maps, maps[-1:], share)

                hooks.callback(layer.register_forward_hook(lend).remove)
            given = (latents,) if labels is None else (latents, labels)
            picture: Tensor = self.network(*given)
        return picture


def adopt_statistics(maps: Tensor, like: Tensor, share: Tensor | float = 1.0) -> Tensor:
    """`maps` (N, C, H, W) with a share of each channel's mean and deviation as in `like`."""
    mean, deviation = maps.mean((2, 3), keepdim=True), maps.std((2, 3), keepdim=True)
    target, spread = like.mean((2, 3), keepdim=True), like.std((2, 3), keepdim=True)
    factor = spread / deviation.clamp_min(1e-6)
    return maps * (1 + share * (factor - 1)) + share * (target - mean * factor)


def _child(a: Latent, b: Latent, name: str, values: Tensor, share: float) -> Latent:
    """A child with so large a share of the second; the label is that of the nearer parent."""
    label = a.label if share <= 0.5 else b.label
    truncation = (a.truncation + b.truncation) / 2
    return Latent(name, values, None, label, truncation, (a.name, b.name))
