"""Lay a finished run's generator into the package, to be taken by a name.

    python tools/ship.py runs/impressionists-128 impressionists-128 \
        --machine "two cores of an AMD EPYC (AVX-512 bf16)" \
        --rights "Paintings by artists who died before 1953, from Wikimedia Commons."

It takes the best snapshot, the discriminator of the newest checkpoint, the recipe and what was
measured, stores weights in half precision (with `--eight-bits` its large matrices in eight bits),
paints the sheet with exactly these, and writes the model card. Run `impasto evaluate RUN` first:
its numbers go onto the card; `--blind "0 of 30"` says how many of its samples people took for real.
"""

import argparse
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch

from impasto import recipes
from impasto.config import LENGTHS, Config
from impasto.core import shipped
from impasto.core.checkpoints import (
    DISCRIMINATOR,
    LAYOUTS,
    ModelCard,
    read_artefact,
    storable,
)
from impasto.core.eight_bits import in_eight_bits, in_floats
from impasto.core.files import read_json, write_bytes, write_json, write_text
from impasto.core.images import grid, save
from impasto.core.runs import Run, read_lines
from impasto.errors import ImpastoError
from impasto.export.hub import SAMPLES, Making, describe, is_flattened
from impasto.generate.artefact import Artefact
from impasto.generate.sampler import LoadedGenerator, paint_seeds
from impasto.models.build import build_discriminator, build_generator

LARGEST = 15 * 10**6
"""Bytes of both networks together: a package that anybody would still download."""

COUNTED = re.compile(r"\d+ of \d+")

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


def ship(
    run: Run, name: str, machine: str, rights: str, blind: str = "", eight_bits: bool = False
) -> Path:
    """Write the folder of one generator; its discriminator's large matrices are in eight bits.

    Args:
        run: finished and evaluated.
        name: what commands will call it.
        machine: what it was trained on, for people.
        rights: why its pictures may be learnt from, for people.
        blind: how many samples people took for real, as "0 of 30".
        eight_bits: also store the generator's large matrices in eight bits.

    Raises:
        ImpastoError: the run lacks a part, its networks are too large, or half precision (through
            which everything goes) cannot hold them.
    """
    if blind and not COUNTED.fullmatch(blind):
        raise ImpastoError(f'{blind}: say how many of how many, as "0 of 30".')
    if not NAME.fullmatch(name):
        raise ImpastoError(f"{name}: a name has lower case, digits and hyphens.")
    card, weights = read_artefact(run.best)
    kept = next(Artefact(run.folder).discriminators(), None)
    if kept is None:
        raise ImpastoError(f"{run.folder} keeps no checkpoint with a discriminator to ship.")
    build_discriminator(card.model).load_state_dict(kept.weights)  # else it is another game's
    halves = storable(weights, torch.float16)
    stored = {
        LAYOUTS[0][1]: in_eight_bits(halves) if eight_bits else halves,
        DISCRIMINATOR: in_eight_bits(storable(kept.weights, torch.float16)),
    }
    files = {file: safetensors.torch.save(tensors) for file, tensors in stored.items()}
    together = sum(map(len, files.values()))
    if together > LARGEST:
        raise ImpastoError(
            f"{run.folder}: both networks take {together / 1e6:.1f} MB as they are stored, more "
            f"than {LARGEST / 1e6:.0f}; train narrower ones."
        )
    as_read = in_floats(stored[LAYOUTS[0][1]], name)
    pictures, exact = (_paint(card, tensors) for tensors in (as_read, weights))
    levels = float(np.abs(pictures.astype(np.int16) - exact).mean())
    making = Making(
        name=name,
        command=command_of(recipes.load(str(run.recipe)), card),
        machine=machine,
        rights=rights,
        judge=judge_at(run, card.images),
        is_last=run.checkpoints()[-1] == run.checkpoint(card.images),
        levels=levels,
        stored="eight bits" if eight_bits else "half precision",
        evaluation=evaluation_of(run),
        blind=blind,
    )
    folder = shipped.WEIGHTS / name
    (folder / LAYOUTS[0][0]).unlink(missing_ok=True)  # without it the folder is no generator
    for file, content in files.items():
        write_bytes(folder / file, content)
    save(grid(pictures), folder / "samples.webp")
    write_text(folder / "recipe.yaml", run.recipe.read_text(encoding="utf-8"))
    with torch.device("meta"):
        parameters = sum(weight.numel() for weight in build_generator(card.model).parameters())
    text = describe(card, parameters, True, is_flattened(weights), making)
    write_text(folder / "README.md", text)
    write_json(folder / LAYOUTS[0][0], card.model_dump(mode="json"))
    print(
        f"{folder}: {together / 1e6:.1f} MB; {making.stored} moves a pixel by {levels:.2f} of 255."
    )
    return folder


def _paint(card: ModelCard, weights: dict[str, torch.Tensor]) -> np.ndarray:
    network = build_generator(card.model)
    network.load_state_dict(weights)
    painter = LoadedGenerator(network.eval(), card.model.latent, "", card, card.labels)
    return paint_seeds(painter, range(SAMPLES))


def command_of(config: Config, card: ModelCard) -> str:
    """The command line that trains it again: a built-in recipe and what was changed of it."""
    words = ["impasto", "train", card.data]
    if card.began_from:
        words += ["--from", card.began_from]
    if config.name not in recipes.names():
        words += ["--recipe", "recipe.yaml"]
        return shlex.join(words)
    known, changed = recipes.load(config.name).model_dump(), config.model_dump()
    words += ["--recipe", config.name]
    for length in LENGTHS:
        value = changed["training"][length]
        if value is not None:
            words += [f"--{length}", str(value) if isinstance(value, int) else f"{value:g}"]
    for section, knobs in changed.items():
        for knob, value in knobs.items() if isinstance(knobs, dict) else ():
            if knob not in LENGTHS and value != known[section][knob]:
                words += ["--set", f"{section}.{knob}={_as_yaml(value)}"]
    return shlex.join(words)


def _as_yaml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{','.join(map(str, value))}]"
    return "null" if value is None else str(value)


def judge_at(run: Run, images: int) -> str:
    """What KID was measured by at that snapshot."""
    rows = [row for row in read_lines(run.metrics) if row["images"] == images]
    return str(rows[-1].get("judge", "")) if rows else ""


def evaluation_of(run: Run) -> dict[str, Any]:
    """What `impasto evaluate RUN` has found; empty if it was not run."""
    file = run.folder / "evaluation/metrics.json"
    return read_json(file, "an evaluation") if file.is_file() else {}


def main() -> None:
    """Ship one."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("run", type=Path)
    options.add_argument("name")
    options.add_argument("--machine", required=True, help="what it was trained on")
    options.add_argument("--rights", required=True, help="where the pictures come from")
    options.add_argument("--blind", default="", help='taken for real on a blind wall: "0 of 30"')
    options.add_argument("--eight-bits", action="store_true", help="the generator's matrices too")
    chosen = vars(options.parse_args())
    try:
        ship(Run(chosen.pop("run")), **chosen)
    except ImpastoError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
