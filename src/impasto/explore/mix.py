"""Children of two paintings: bred in the latent space, or crossed at a layer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

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


def at_layers(generator: LoadedGenerator, a: Latent, b: Latent) -> list[Child]:
    """For each resolution a child with the composition of `a` and the manner of `b` from there on.

    The maps of `a` at that resolution get the mean and the deviation that each channel has in `b`:
    adaptive instance normalisation (Huang & Belongie 2017, eq. 8), inside the generator.

    Raises:
        ImpastoError: the parents have different labels or truncations, or there are no maps.
    """
    if (a.label, a.truncation) != (b.label, b.truncation):
        raise ImpastoError(
            "Parents crossed at a layer need one label and truncation; --label sets the label."
        )
    network = Conditioned(generator, a.label, a.truncation)
    children = []
    for side, layer in layers_by_side(network, generator.latent).items():
        picture = _crossed(network, layer, a.values[None], b.values[None])
        how = f"{a.name} in the manner of {b.name} from {side}×{side} on"
        children.append(Child(how, None, picture))
    return children


@torch.no_grad()
def _crossed(network: nn.Module, layer: nn.Module, a: Tensor, b: Tensor) -> NDArray[np.uint8]:
    kept: list[Tensor] = []
    with _hooked(layer, lambda output: kept.append(output.clone())):
        network(b)
    (manner,) = kept

    def adopt(output: Tensor) -> Tensor:
        return adopt_statistics(output, manner)

    with _hooked(layer, adopt):
        picture: NDArray[np.uint8] = to_pictures(network(a))[0]
    return picture


def adopt_statistics(maps: Tensor, like: Tensor) -> Tensor:
    """`maps` (N, C, H, W) with each channel's mean and deviation over the picture as in `like`."""
    mean, deviation = maps.mean((2, 3), keepdim=True), maps.std((2, 3), keepdim=True)
    target, spread = like.mean((2, 3), keepdim=True), like.std((2, 3), keepdim=True)
    return (maps - mean) / deviation.clamp_min(1e-6) * spread + target


@contextmanager
def _hooked(layer: nn.Module, change: Any) -> Iterator[None]:
    handle = layer.register_forward_hook(lambda _, __, output: change(output))
    try:
        yield
    finally:
        handle.remove()


def _child(a: Latent, b: Latent, name: str, values: Tensor, share: float) -> Latent:
    """A child with so large a share of the second; the label is that of the nearer parent."""
    label = a.label if share <= 0.5 else b.label
    truncation = (a.truncation + b.truncation) / 2
    return Latent(name, values, None, label, truncation, (a.name, b.name))
