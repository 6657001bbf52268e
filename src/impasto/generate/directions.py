"""Directions in the latent space: kept in a file, and latents moved along them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.core.checkpoints import read_weights
from impasto.core.console import counted
from impasto.core.files import read_json
from impasto.errors import ImpastoError
from impasto.generate.asked import parse_move
from impasto.generate.latents import Latent
from impasto.generate.stored import LONGEST_NAME, is_name

FORMAT, VERSION = "impasto-directions", 1

MOST = 10_000
"""Directions in one file; there are no more than a latent has numbers, by each method."""

_LARGEST_FILE = 2**30


@dataclass(frozen=True)
class Direction:
    """A way to move latents."""

    name: str
    """What it is called; `weights-1` and the like until someone names it."""

    source: str
    """`weights-1`: how it was found, and its rank."""

    vector: Tensor
    """(L,), of length 1: along it, latents have a standard deviation of 1."""

    share: float
    """Of all that the first layer, or the activations, can vary: how much lies along it."""


def read_directions(folder: Path, size: int) -> list[Direction]:
    """Directions that `impasto explore directions` saved, or that a stranger sent.

    Args:
        folder: where the two files are.
        size: how many numbers this generator's latents have.

    Raises:
        ImpastoError: they are missing, malformed, or for another generator.
    """
    about, vectors = folder / "directions.json", folder / "directions.safetensors"
    found = read_json(about, "names of directions; impasto explore directions makes them")
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ImpastoError(f"{about} does not name directions of Impasto.")
    if found.get("version") != VERSION:
        raise ImpastoError(f"{about} was written by another version of Impasto.")
    entries = found.get("directions")
    whole = isinstance(entries, list) and len(entries) <= MOST and all(map(_is_entry, entries))
    if not isinstance(entries, list) or not whole:
        raise ImpastoError(
            f"{about}: directions must be a list of at most {MOST:,} names with their sources."
        )
    matrix = _read_matrix(vectors)
    if matrix.shape != (len(entries), size):
        raise ImpastoError(
            f"{vectors} does not hold {counted(len(entries), 'direction')} of "
            f"{counted(size, 'number')}: "
            "another generator's, or not the pair of directions.json."
        )
    return [
        Direction(entry["name"], entry["source"], vector, float(entry["share"]))
        for entry, vector in zip(entries, matrix, strict=True)
    ]


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and is_name(entry.get("name"))
        and is_name(entry.get("source"))
        and type(entry.get("share")) in (int, float)
        and 0 <= entry["share"] <= 1
    )


def _read_matrix(path: Path) -> Tensor:
    matrix = read_weights(path, "directions", _LARGEST_FILE).get("directions")
    if matrix is None:
        raise ImpastoError(f"{path} holds no directions.")
    if not matrix.is_floating_point() or not bool(torch.isfinite(matrix).all()):
        raise ImpastoError(f"{path} holds directions that are not numbers.")
    return matrix.float()


def find(directions: Sequence[Direction], name: str, option: str) -> Direction:
    """The direction of this name, or of this source.

    Raises:
        ImpastoError: there is none; the sentence lists those that there are.
    """
    for direction in directions:
        if name in (direction.name, direction.source):
            return direction
    known = ", ".join(d.name for d in directions[:12])
    raise ImpastoError(f"{option}: there is no direction {name!r}; known are {known}.")


def moved(latent: Latent, direction: Direction, strength: float) -> Latent:
    """A latent moved along a direction; 0 leaves it as it is."""
    if strength == 0:
        return latent
    name = f"{latent.name}-{direction.name}{strength:+g}"[:LONGEST_NAME]
    return replace(latent, name=name, values=latent.values + strength * direction.vector, seed=None)


def move(latent: Latent, directions: Sequence[Direction], wishes: Sequence[str]) -> Latent:
    """A latent moved by each of `warmth=2.5`, in turn.

    Raises:
        ImpastoError: a wish is malformed, or names a direction that is not there.
    """
    for wish in wishes:
        name, strength = parse_move(wish)
        latent = moved(latent, find(directions, name, f"--move {wish}"), strength)
    return latent
