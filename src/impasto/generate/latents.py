"""Latents that are kept: beside every picture and inside it, so that it can be made again.

A latent is written as JSON, in a file beside the picture and in a text chunk of the PNG itself.
Numbers are the shortest decimals that give the same fp32 back, so the picture is the same too.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import AfterValidator, Field
from torch import Tensor

from impasto.core.console import counted, say
from impasto.core.files import read_json, write_json
from impasto.core.images import Picture, save
from impasto.core.notes import NOTHING, SIGNATURES, Notes, read_notes
from impasto.errors import ImpastoError
from impasto.reading import Record, open_file, parse_json, validated

FORMAT, VERSION = "impasto-latents", 1
MOST = 100_000
_LARGEST_FILE = 256 * 2**20
_LARGEST_NUMBER = 1e6
LONGEST_NAME = 100
# Names become files': no folder and no hidden file, whatever a stranger's JSON says.
_NAME = re.compile(rf"[\w+-][\w+.,=-]{{0,{LONGEST_NAME - 1}}}")


def is_name(text: Any) -> bool:
    """Whether a text can be a file's name: no folder, no leading dot, not long."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def _checked_name(text: str) -> str:
    if not is_name(text):
        raise ValueError("must be a name that could be a file's")
    return text


Name = Annotated[str, AfterValidator(_checked_name)]
Value = Annotated[float, Field(strict=True, ge=-_LARGEST_NUMBER, le=_LARGEST_NUMBER)]


class _Entry(Record):
    """A latent as it is written."""

    name: Name
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**63)] | None = None
    label: Annotated[str, Field(max_length=200)] | None = None
    truncation: Annotated[float, Field(strict=True, ge=0, le=10)] = 1.0
    parents: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    values: tuple[Value, ...]


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


def describe(latents: Sequence[Latent], maker: Mapping[str, Any]) -> dict[str, Any]:
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
    found = _carried(path) if _is_picture(path) else read_json(path, "latents", _LARGEST_FILE)
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
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ImpastoError(f"{where} holds no latents of Impasto.")
    if found.get("version") != VERSION:
        raise ImpastoError(f"{where} was written by another version of Impasto.")
    entries = found.get("latents")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST:
        raise ImpastoError(f"{where}: latents must be a list of 1 to {MOST:,}.")
    return [_parsed(entry, size, f"{where}: latent {at}") for at, entry in enumerate(entries)]


def _entry(latent: Latent) -> dict[str, Any]:
    # str of a NumPy fp32 is the shortest decimal that reads back as the same fp32.
    numbers = tuple(float(str(value)) for value in latent.values.numpy().astype(np.float32))
    kept = _Entry.model_construct(
        name=latent.name,
        seed=latent.seed,
        label=latent.label,
        truncation=latent.truncation,
        parents=latent.parents,
        values=numbers,
    )
    return kept.model_dump(mode="json", exclude_defaults=True)


def _parsed(entry: Any, size: int, where: str) -> Latent:
    kept = validated(_Entry, entry, where)
    if len(kept.values) != size:
        raise ImpastoError(
            f"{where} has {counted(len(kept.values), 'number')} and this generator takes {size}: "
            "another one made it; name that one."
        )
    numbers = torch.tensor(kept.values, dtype=torch.float32)
    return Latent(kept.name, numbers, kept.seed, kept.label, kept.truncation, kept.parents)


def _is_picture(path: Path) -> bool:
    with open_file(path, "a picture or a .json of latents", _LARGEST_FILE) as file:
        return file.read(8).startswith(SIGNATURES)


def _carried(path: Path) -> Any:
    """What a picture's file carries, without decoding a pixel."""
    text = read_notes(path).latents
    if text is None:
        raise ImpastoError(
            f"{path} carries no latent: only pictures that Impasto painted do; for any other "
            "use impasto explore project."
        )
    try:
        return parse_json(text, str(path), "latents")
    except ImpastoError as error:
        raise ImpastoError(f"{path} is damaged: its latent cannot be read.") from error
