"""Paint photographs as an earlier neural painter does: fifty strokes, all learnt at once.

    impasto strokes train SET --recipe neural-painter --out RUN
    python bench/neural_painting.py RUN PHOTO [PHOTO …] --out painted.webp

Its source learns the numbers of 50 strokes at 64×64 by RMSprop at .01 in 3,000 steps, and reaches
15 to 16 dB. Ours, where that says nothing: strokes begin at random, their numbers are held in
[0, 1], the error is squared, and a stroke covers by its darkness over that of its darkest pixel, as
in Nakano 2019. Rows: the photographs' middles; painted by the network; the same strokes laid by a
brush engine, which shows how far the network is to be believed; as many by `impasto paint`.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from impasto.brush import engine, mypaint
from impasto.brush.actions import COLOUR_AT, geometry_of
from impasto.brush.settings import settings_of
from impasto.core.device import Device, choose_device, keep_freed_memory
from impasto.core.images import save
from impasto.data.crop import fit_picture
from impasto.data.decode import decode
from impasto.errors import ImpastoError
from impasto.strokes import stages
from impasto.strokes.config import load
from impasto.strokes.sheets import sheet
from impasto.strokes.training import load_weights

FAINTEST = 1e-3
"""Darkness of a stroke's darkest pixel below which it does not count as paint."""

SHOWN_EVERY = 250
"""Steps between two lines."""

ENLARGED = 3
"""Pixels of the sheet for one that is painted."""


def laid(generator: nn.Module, actions: Tensor, device: Device) -> Tensor:
    """Strokes one over the other: (P, S, 12) → (P, 3, 64, 64) in [0, 1], on white."""
    with device.autocast():
        drawn = stages.drawn(generator, actions.flatten(0, 1)).float()
    darkness = (1 - drawn.mean(1, keepdim=True)) / 2
    covers = darkness / darkness.amax((2, 3), keepdim=True).clamp_min(FAINTEST)
    covers = covers.clamp(0, 1).view(*actions.shape[:2], *covers.shape[1:])
    canvas = torch.ones(len(actions), 3, stages.SIDE, stages.SIDE, device=actions.device)
    for number in range(actions.shape[1]):
        colour = actions[:, number, COLOUR_AT, None, None]
        canvas = canvas + covers[:, number] * (colour - canvas)
    return canvas


def learnt(
    generator: nn.Module, photographs: Tensor, device: Device, strokes: int, steps: int
) -> Tensor:
    """The strokes' numbers, (P, S, 12), for photographs (P, 3, 64, 64) in [0, 1]."""
    actions = torch.rand(len(photographs), strokes, 12, device=device.device).requires_grad_()
    optimiser = torch.optim.RMSprop([actions], lr=0.01)
    began = time.monotonic()
    for step in range(steps):
        error = (laid(generator, actions, device) - photographs).square().mean((1, 2, 3))
        optimiser.zero_grad()
        error.sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        with torch.no_grad():
            actions.clamp_(0, 1)
        if step % SHOWN_EVERY == 0:
            reached = " ".join(f"{decibel:.1f}" for decibel in -10 * error.log10())
            sys.stdout.write(
                f"{step:,} of {steps:,}, {time.monotonic() - began:.0f} s: {reached}\n"
            )
            sys.stdout.flush()
    return actions.detach()


def laid_by_engine(actions: Tensor, brush: str) -> Tensor:
    """The same strokes by libmypaint, or the embedded engine: (P, S, 12) → (P, 3, 64, 64)."""
    canvas = torch.ones(len(actions), 3, stages.SIDE, stages.SIDE)
    for picture, strokes in zip(canvas, actions.cpu(), strict=True):
        geometry = geometry_of(strokes.numpy())
        alphas = (
            mypaint.draw(geometry, settings_of(brush))
            if mypaint.is_here()
            else engine.draw(geometry, brush)
        )
        for covers, stroke in zip(torch.from_numpy(alphas) / 255, strokes, strict=True):
            picture += covers * (stroke[COLOUR_AT, None, None] - picture)
    return canvas


def painted_by_impasto(originals: NDArray[np.uint8], strokes: int, brush: str) -> Tensor:
    """What `impasto paint` makes of (P, 64, 64, 3) on white paper: (P, 3, 64, 64) in [0, 1]."""
    command = [sys.executable, "-m", "impasto", "paint", "--ground", "white"]
    command += ["--strokes", str(strokes), "--brush", brush, "--size", str(stages.SIDE)]
    pictures = []
    with tempfile.TemporaryDirectory() as folder:
        for number, original in enumerate(originals):
            photo, out = Path(folder, f"{number}.png"), Path(folder, f"{number}-painted")
            save(original, photo)
            subprocess.run(
                [*command, "--out", str(out), str(photo)], check=True, capture_output=True
            )
            pictures.append(decode(out / "painting.png"))
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255


def decibels(painted: Tensor, photographs: Tensor) -> list[float]:
    """Each picture's PSNR; both (P, 3, 64, 64) in [0, 1]."""
    error = (painted - photographs).square().mean((1, 2, 3))
    return [float(decibel) for decibel in -10 * error.log10()]


def painter(run: Path, device: Device) -> nn.Module:
    """The generator of the last stage that was trained.

    Raises:
        ImpastoError: there is none, or it draws opacities, as `impasto paint --brush` takes them.
    """
    stage = next(
        (
            path
            for path in (run / "adversarial", run / "generator", run)
            if (path / "best").is_dir()
        ),
        None,
    )
    if stage is None:
        raise ImpastoError(f"{run} holds no trained stage of `impasto strokes train`.")
    config = load(str(stage / "recipe.yaml"))
    if config.network == "strokes":
        raise ImpastoError(
            f"{run} draws opacities: paint with it by `impasto paint --brush {run}`."
        )
    generator = stages.build_generator(config, settings_of("dry"))
    load_weights(generator, stage / "best" / "generator.safetensors")
    generator.to(device.device).to(memory_format=torch.channels_last)
    return generator.eval().requires_grad_(False)


def main() -> None:
    """Load the last stage's generator, paint, write a sheet and the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="of `impasto strokes train`, or one of its stages")
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--strokes", type=int, default=50)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--brush", default="dry", help="what drew the strokes that it learnt")
    parser.add_argument("--out", type=Path, default=Path("painted.webp"))
    chosen = parser.parse_args()
    device = choose_device("auto")
    keep_freed_memory()
    try:
        settings_of(chosen.brush)
        generator = painter(chosen.run, device)
    except ImpastoError as error:
        raise SystemExit(str(error)) from error
    side = stages.SIDE
    originals = np.stack(
        [
            np.asarray(fit_picture(Image.fromarray(decode(path)), side, side, "crop"))
            for path in chosen.photos
        ]
    )
    photographs = torch.from_numpy(originals).to(device.device).permute(0, 3, 1, 2).float() / 255
    torch.manual_seed(chosen.seed)
    actions = learnt(generator, photographs, device, chosen.strokes, chosen.steps)
    with torch.no_grad():
        painted = laid(generator, actions, device)
    rows = (
        painted.cpu(),
        laid_by_engine(actions, chosen.brush),
        painted_by_impasto(originals, chosen.strokes, chosen.brush),
    )
    pictures = [(row * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy() for row in rows]
    large = [row.repeat(ENLARGED, 1).repeat(ENLARGED, 2) for row in (originals, *pictures)]
    save(sheet(large), chosen.out)
    reached = zip(*(decibels(row, photographs.cpu()) for row in rows), strict=True)
    for path, (network, by_engine, impasto) in zip(chosen.photos, reached, strict=True):
        sys.stdout.write(
            f"{path.name}: {network:.2f} dB, laid by the engine {by_engine:.2f}, "
            f"by `impasto paint` {impasto:.2f}\n"
        )


if __name__ == "__main__":
    main()
