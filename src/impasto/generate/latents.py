"""Latents that are kept: beside every picture and inside it, so that it can be made again.

A latent is written as JSON, in a file beside the picture and in a text chunk of the PNG itself.
Numbers are the shortest decimals that give the same fp32 back, so the picture is the same too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from impasto.core.console import say
from impasto.core.files import write_json
from impasto.core.images import Picture, save
from impasto.core.notes import NOTHING, Notes
from impasto.generate.stored import FORMAT, VERSION, Entry, entries_in, read_stored


@dataclass(frozen=True)
class Latent:
    """One place in the latent space, and what else a picture needs to be the same again."""

    name: str
    """The picture's file name without its suffix."""

    values: Tensor
    """(L,), fp32, CPU: what the generator is given, truncation and moves included."""

    seed: int | None = None
    """Where the numbers came from, if from a seed and nothing else."""

    label: str | None = None
    """What a generator that knows labels is asked for; "" for what had none in training."""

    truncation: float = 1.0
    """Shrinks what the generator's first layers read; 1 leaves it alone."""

    parents: tuple[str, ...] = field(default=())
    """Names of the pictures that it was bred from."""


def of_seed(seed: int, size: int) -> Latent:
    """The latent from N(0, 1) that a seed stands for, whatever else is asked."""
    numbers = torch.randn(size, generator=torch.Generator().manual_seed(seed))
    return Latent(f"seed-{seed:06}", numbers, seed)


def stack(latents: Sequence[Latent]) -> Tensor:
    """The numbers of several latents: (N, L)."""
    return torch.stack([latent.values for latent in latents])


def describe(latents: Sequence[Latent], maker: Mapping[str, Any]) -> dict[str, object]:
    """Latents as plain values; `maker` says which generator they are meant for."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "generator": dict(maker),
        "latents": [_entry(latent) for latent in latents],
    }


def save_latents(path: Path, latents: Sequence[Latent], maker: Mapping[str, Any]) -> None:
    """Write latents to a JSON file, atomically."""
    write_json(path, describe(latents, maker))


def save_picture(
    picture: Picture,
    path: Path,
    latent: Latent,
    maker: Mapping[str, Any],
    notes: Notes = NOTHING,
) -> None:
    """Write a PNG that carries its own latent, atomically, and the same as JSON beside it."""
    save_latents(path.with_suffix(".json"), [latent], maker)
    save_png(picture, path, [latent], maker, notes)


def save_png(
    picture: Picture,
    path: Path,
    latents: Sequence[Latent],
    maker: Mapping[str, Any],
    notes: Notes = NOTHING,
) -> None:
    """Write a PNG that carries latents in a compressed text chunk, atomically; `notes` tell more.

    Latents for which there is no room are left out.
    """
    text = json.dumps(describe(latents, maker))
    save(picture, path, notes=replace(notes, latents=text))


def read_latents(path: Path, size: int, fingerprint: str | None = None) -> list[Latent]:
    """Latents out of a JSON file or out of a picture that Impasto painted.

    Args:
        path: it may come from a stranger; it is bounded and checked.
        size: how many numbers this generator's latents have.
        fingerprint: of this generator; a remark is made if another one painted the picture.

    Raises:
        ImpastoError: there is no such file, it holds no latents, or latents of another size.
    """
    found = read_stored(path)
    latents = parse_latents(found, size, str(path))
    maker = found.get("generator")
    by = maker.get("fingerprint") if isinstance(maker, dict) else None
    if fingerprint is not None and by != fingerprint:
        say(f"{path} is by another generator: the same numbers make another picture.", style="dim")
    return latents


def parse_latents(found: Any, size: int, where: str) -> list[Latent]:
    """Check plain values and make latents of them.

    Raises:
        ImpastoError: they are not latents of Impasto, or have another size.
    """
    return [_latent(entry) for entry in entries_in(found, where, size)]


def _entry(latent: Latent) -> dict[str, object]:
    # str of a NumPy fp32 is the shortest decimal that reads back as the same fp32.
    numbers = tuple(float(str(value)) for value in latent.values.numpy().astype(np.float32))
    kept = Entry.model_construct(
        name=latent.name,
        seed=latent.seed,
        label=latent.label,
        truncation=latent.truncation,
        parents=latent.parents,
        values=numbers,
    )
    return kept.model_dump(mode="json", exclude_defaults=True)


def _latent(kept: Entry) -> Latent:
    numbers = torch.tensor(kept.values, dtype=torch.float32)
    return Latent(kept.name, numbers, kept.seed, kept.label, kept.truncation, kept.parents)
