"""What is watched while a stroke network learns: a measure, a sheet, the best."""

import math
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from impasto.brush.actions import geometry_of
from impasto.brush.engine import draw
from impasto.brush.learnt import CARD, WEIGHTS, StrokeCard
from impasto.brush.settings import SETTINGS
from impasto.core.checkpoints import storable
from impasto.core.device import Device
from impasto.core.files import write_bytes, write_json
from impasto.core.images import save
from impasto.core.runs import Run, append_line, read_lines
from impasto.strokes import stages
from impasto.strokes.config import StrokeConfig
from impasto.strokes.sheets import sheet
from impasto.strokes.stroke_set import StrokeSet
from impasto.train.loop import Stats
from impasto.train.state import State

ON_SHEET = 16


def validation_hook(
    run: Run,
    config: StrokeConfig,
    strokes: StrokeSet,
    test: Tensor,
    generator: nn.Module,
    device: Device,
    events: SummaryWriter,
) -> Callable[[State, Stats], None]:
    """Measures PSNR on held-out strokes, draws a sheet of them, keeps the best generator.

    In a stage that trains no generator it does nothing.
    """
    second_of = cache(partial(second_render, strokes, test))  # drawn when it is asked for

    def measure_and_keep(state: State, _: Stats) -> None:
        if "generator" not in state.networks:
            return
        reached, drawn = stages.psnr(generator, test, device)
        actions, alphas = stages.unpack(test[:ON_SHEET])
        target = stages.wanted(generator, actions, alphas)
        save(sheet([picture_of(target), picture_of(drawn[:ON_SHEET])]), run.sample(state.images))
        before = best_psnr(run)
        if before is None or reached > before:
            second = second_of()
            card = StrokeCard(
                recipe=config.name,
                network=config.network,
                width=config.width,
                brush=strokes.about.brush,
                engine=strokes.about.engine,
                images=state.images,
                minutes=round(state.seconds / 60, 2),
                psnr=round(reached, 3),
                held_out=len(test),
                second_render_psnr=None if second is None else round(second, 3),
            )
            unknown = {"second_render_psnr"} if second is None else None
            write_network(run.best / WEIGHTS, generator)
            write_json(run.best / CARD, card.model_dump(exclude=unknown))
        append_line(run.metrics, {"images": state.images, "psnr": round(reached, 4)})
        events.add_scalar("psnr", reached, state.images)

    return measure_and_keep


def second_render(strokes: StrokeSet, test: Tensor) -> float | None:
    """What drawing the held-out strokes again with other chance reaches, in dB.

    A network that knows no chance can expect up to 3 dB more, by drawing the mean of both. None
    where the brush is not ours or leaves nothing to chance.
    """
    brush = strokes.about.brush
    if brush not in SETTINGS:
        return None
    actions, alphas = stages.unpack(test.cpu())
    again = draw(geometry_of(actions.numpy()), str(brush), seed=1)
    error = float(((alphas[:, 0].numpy() - again / 255.0) ** 2).mean())
    return -10 * math.log10(error) if error > 1e-6 else None


def picture_of(strokes: Tensor) -> NDArray[np.uint8]:
    """Opacities (N, 1, S, S) or pictures (N, 3, S, S) → (N, S, S, 3), uint8, on white."""
    shown = 1 - strokes.expand(-1, 3, -1, -1) if strokes.shape[1] == 1 else (strokes + 1) / 2
    scaled = (shown * 255).round().clamp(0, 255).to(torch.uint8)
    pictures: NDArray[np.uint8] = scaled.permute(0, 2, 3, 1).cpu().numpy()
    return pictures


def best_psnr(run: Run) -> float | None:
    """The best measurement so far."""
    rows = [row["psnr"] for row in read_lines(run.metrics) if "psnr" in row]
    return max(rows) if rows and (run.best / "model.json").exists() else None


def write_network(path: Path, network: nn.Module) -> None:
    """Write a network's weights, atomically."""
    write_bytes(path, safetensors.torch.save(storable(network.state_dict())))
