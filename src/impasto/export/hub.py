"""The Hugging Face Hub's layout: weights, description, a card for people, and pictures.

`model.safetensors` and `config.json` are a run's `best/` under the Hub's names, so every command
of Impasto takes the folder as it is. The card says what was learnt from what, at what cost, how
near it came, and what it cannot do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.torch
from torch import Tensor

from impasto.core.checkpoints import LAYOUTS, MODEL_FORMAT, ModelCard, storable
from impasto.core.files import refuse_others, write_bytes, write_json, write_text
from impasto.core.images import grid, save
from impasto.core.pages import render
from impasto.core.runs import Run
from impasto.errors import ImpastoError
from impasto.generate.conditions import paint, seeded
from impasto.generate.sampler import LoadedGenerator
from impasto.models.flat_field import FAINT
from impasto.reading import read_json, read_text
from impasto.recipes.shelf import LARGEST_RECIPE

SAMPLES = 16
"""Pictures on the card: seeds 0 to 15, not chosen."""

FEW = 1_000
"""Originals below which a generator may well repeat them."""

CONFIG, WEIGHTS = LAYOUTS[1]
RECIPE, PAGE = "recipe.yaml", "README.md"


@dataclass(frozen=True)
class Making:
    """What the card of a generator that comes with Impasto tells beyond its description."""

    name: str
    command: str
    """That trains it again, from the same pictures."""

    machine: str
    rights: str
    """Where the pictures come from, and why they may be learnt from."""

    judge: str
    """What KID was measured by; empty if it is not known."""

    is_last: bool
    """Whether it is the last snapshot of its training."""

    levels: float
    """How far the stored weights' precision moves a pixel, on average, of 255."""

    stored: str
    """That precision, in words."""

    evaluation: dict[str, object]
    """`metrics.json` of `impasto evaluate`; empty if it was not evaluated."""

    blind: str = ""
    """How many samples a blind wall passed for real, as "0 of 30"; empty if none was hung."""


def write_hub(generator: LoadedGenerator, folder: Path, run: Path | None = None) -> list[Path]:
    """Write a model repository into `folder`, each file atomically.

    Args:
        generator: a generator with a description: a run's best snapshot, or what was loaded so.
        folder: made if missing; an earlier one is replaced.
        run: where the recipe is copied from, if there is one.

    Returns:
        The files.

    Raises:
        ImpastoError: the generator has no description, or the folder holds files of these names
            that are no earlier result.
    """
    card = generator.card
    if card is None:
        raise ImpastoError(
            "A plain checkpoint has no description to share; export the best snapshot instead, "
            "without --checkpoint."
        )
    refuse_others(folder, (CONFIG, WEIGHTS, "samples.png", RECIPE, PAGE), _is_ours(folder), "--hub")
    weights = storable(generator.network.state_dict())
    metadata = {"format": "pt"}  # what the Hub's own tools look for
    write_json(folder / CONFIG, card.model_dump(mode="json"))  # first: it tells whose all this is
    write_bytes(folder / WEIGHTS, safetensors.torch.save(weights, metadata))
    latents = [seeded(generator, seed) for seed in range(SAMPLES)]
    save(grid(np.concatenate(list(paint(generator, latents)))), folder / "samples.png")
    written = [folder / name for name in (WEIGHTS, CONFIG, "samples.png")]
    recipe = Run(run).recipe if run else None
    if recipe is not None and recipe.is_file():
        write_text(folder / RECIPE, read_text(recipe, "a recipe", LARGEST_RECIPE))
        written.append(folder / RECIPE)
    parameters = sum(value.numel() for value in weights.values() if value.is_floating_point())
    text = describe(card, parameters, len(written) > 3, is_flattened(weights))
    write_text(folder / PAGE, text)
    return [*written, folder / PAGE]


def _is_ours(folder: Path) -> bool:
    """Whether a repository of ours lies there, or what a broken-off export left of one."""
    try:
        values = read_json(folder / CONFIG, "a generator's description", 2**20)
    except ImpastoError:
        return False
    return isinstance(values, dict) and values.get("format") == MODEL_FORMAT


def describe(
    card: ModelCard,
    parameters: int,
    has_recipe: bool,
    flattened: bool,
    making: Making | None = None,
) -> str:
    """The card for people, as Markdown with the Hub's header.

    Args:
        card: the generator's description.
        parameters: how many numbers it has learnt.
        has_recipe: whether `recipe.yaml` lies beside it.
        flattened: whether the pattern that all samples share is taken off each.
        making: more, of a generator that comes with Impasto.
    """
    return render(
        "card.md",
        ("impasto.export", "page"),
        card=card,
        plain=_plain,
        parameters=parameters,
        has_recipe=has_recipe,
        flattened=flattened,
        few=FEW,
        making=making,
    )


def is_flattened(weights: Mapping[str, Tensor]) -> bool:
    """Whether a generator of these weights takes a pattern off its pictures."""
    pattern = weights.get("flat_field.pattern")
    return pattern is not None and bool((pattern.abs() > 2 * FAINT).any())


def _plain(text: str) -> str:
    """A name from a stranger's description as one harmless line of Markdown."""
    return "".join(c if c.isalnum() or c in " -_.,()+/" else " " for c in text).strip() or "unnamed"
