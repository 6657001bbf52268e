"""Search the latent space for the directions along which pictures change most, without labels."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import safetensors.torch
import torch
from torch import Tensor, nn

from impasto.core.console import track
from impasto.core.files import write_bytes, write_json
from impasto.errors import ImpastoError
from impasto.generate.directions import FORMAT, VERSION, Direction, find
from impasto.generate.layers import layers_by_side, readers
from impasto.generate.sampler import BATCH
from impasto.generate.stored import is_name

MethodName = Literal["weights", "activations", "both"]

SAMPLES = 2_048
"""Pictures whose activations are looked at."""

SIDE = 8
"""Activations are taken where the picture is this coarse: composition and colour, not texture."""

POOLED = 4
"""They are averaged to this side, which keeps what is where and bounds the memory."""


def search(network: nn.Module, size: int, method: MethodName, count: int) -> list[Direction]:
    """Up to `count` directions by each method asked for.

    Raises:
        ImpastoError: the generator has nothing that the method looks at.
    """
    found = by_weights(network, size, count) if method != "activations" else []
    return found + (by_activations(network, size, count) if method != "weights" else [])


def by_weights(network: nn.Module, size: int, count: int) -> list[Direction]:
    """Closed-form factorisation (Shen & Zhou 2021, "SeFa", eq. 7).

    Directions n of length 1 that change the output A·n of the layers that read the latent most:
    the eigenvectors of AᵀA with the largest eigenvalues. No picture is painted. Where several
    layers read the latent their matrices stand on top of each other.

    Raises:
        ImpastoError: no layer reads the latent.
    """
    matrix = torch.cat([reader.matrix() for reader in readers(network, size)]).double()
    values, vectors = torch.linalg.eigh(matrix.t() @ matrix)  # in ascending order
    total = float(values.clamp_min(0).sum()) or 1.0
    return [
        _direction("weights", rank, vectors[:, -rank], float(values[-rank]) / total)
        for rank in range(1, min(count, size) + 1)
    ]


@torch.no_grad()
def by_activations(network: nn.Module, size: int, count: int) -> list[Direction]:
    """Principal components of activations, carried back to latents (Härkönen et al. 2020).

    "GANSpace", section 2.2, for generators that read a Gaussian latent: the components of what an
    early layer says about many pictures, then the latent that goes with a coordinate x along each
    by least squares, u = Σ x z / Σ x² (eq. 4; the coordinates are uncorrelated).

    Raises:
        ImpastoError: the generator has no map to look at.
    """
    latents = torch.randn(SAMPLES, size, generator=torch.Generator().manual_seed(0))
    layers = layers_by_side(network, size)
    layer = layers[SIDE if SIDE in layers else min(layers)]
    seen: list[Tensor] = []

    def keep_map(_: nn.Module, __: Any, output: Tensor) -> None:
        pooled = nn.functional.adaptive_avg_pool2d(output.float(), POOLED)
        seen.append(pooled.flatten(1))

    handle = layer.register_forward_hook(keep_map)
    parts = torch.split(latents, BATCH)
    try:
        for part in track(parts, "looking at activations", total=len(parts)):
            network(part)
    finally:
        handle.remove()
    return principal(torch.cat(seen), latents, min(count, size))


def principal(activations: Tensor, latents: Tensor, count: int) -> list[Direction]:
    """The `count` largest principal components of (N, D) activations, as directions of (N, L)."""
    centred = activations - activations.mean(0)
    rank = min(count, *centred.shape)
    with torch.random.fork_rng():  # the decomposition is a randomised one: the same every time
        torch.manual_seed(0)
        _, _, components = torch.pca_lowrank(
            centred, q=min(rank + 10, *centred.shape), center=False
        )
    along = centred @ components[:, :rank]  # (N, rank)
    total = float(centred.square().sum()) or 1.0
    found = []
    for number, x in enumerate(along.t(), start=1):
        carried = (x @ latents).double()
        share = float(x.square().sum()) / total
        found.append(_direction("activations", number, carried, share))
    return found


def _direction(method: str, rank: int, vector: Tensor, share: float) -> Direction:
    unit = vector / vector.norm().clamp_min(1e-12)
    unit = unit * (1 if unit[unit.abs().argmax()] > 0 else -1)  # a sign that never changes
    source = f"{method}-{rank}"
    return Direction(source, source, unit.float(), share)


def save_directions(
    folder: Path, directions: Sequence[Direction], maker: dict[str, str]
) -> tuple[Path, Path]:
    """Write `directions.safetensors` (D, L) and `directions.json`, each atomically."""
    vectors, about = folder / "directions.safetensors", folder / "directions.json"
    matrix = torch.stack([direction.vector for direction in directions])
    write_bytes(vectors, safetensors.torch.save({"directions": matrix.contiguous()}))
    entries = [{"name": d.name, "source": d.source, "share": round(d.share, 6)} for d in directions]
    write_json(
        about, {"format": FORMAT, "version": VERSION, "generator": maker, "directions": entries}
    )
    return vectors, about


def merge(old: Sequence[Direction], new: Sequence[Direction]) -> list[Direction]:
    """The new ones under the names that the same ones had, and old ones of other methods."""
    named = {d.source: d for d in old}
    methods = {d.source.rpartition("-")[0] for d in new}
    kept = [d for d in old if d.source.rpartition("-")[0] not in methods]
    for direction in new:
        known = named.get(direction.source)
        if known is not None and abs(float(known.vector @ direction.vector)) > 0.99:
            direction = replace(direction, name=known.name)
        kept.append(direction)
    return kept


def rename(directions: Sequence[Direction], wish: str) -> list[Direction]:
    """`weights-3=warmth`: the direction of that name or source gets another name.

    Raises:
        ImpastoError: there is no such direction, or the name is taken or impossible.
    """
    old, equals, new = wish.partition("=")
    if not equals or not is_name(new) or "=" in new:
        raise ImpastoError(f"--name {wish}: write OLD=NEW, such as weights-3=warmth.")
    chosen = find(directions, old, f"--name {wish}")
    if any(new in (d.name, d.source) for d in directions if d is not chosen):
        raise ImpastoError(f"--name {wish}: there is a direction {new} already.")
    return [replace(d, name=new) if d is chosen else d for d in directions]
