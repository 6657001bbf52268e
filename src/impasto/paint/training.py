"""A stroke network's training: stage after stage, each a run directory of the one loop."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from impasto.core.device import Device
from impasto.core.files import read_json, write_bytes, write_json, write_text
from impasto.core.images import save
from impasto.core.runs import Run, append_line, read_lines
from impasto.errors import ImpastoError
from impasto.paint import stages
from impasto.paint.actions import geometry_of
from impasto.paint.brushes import WEIGHTS, settings_of
from impasto.paint.config import StageName, StrokeConfig, dump, load
from impasto.paint.engine import draw
from impasto.paint.settings import SETTINGS, BrushSettings
from impasto.paint.sheets import sheet
from impasto.paint.stroke_set import StrokeSet
from impasto.train.hooks import write_stats
from impasto.train.loop import Hook, Length, NotFiniteError, Numbers, train
from impasto.train.progress import LiveLine, clock
from impasto.train.state import State, Step
from impasto.train.training import stop_on_signal
from impasto.train.watch import restore_newest

CARD_FORMAT, CARD_VERSION = "impasto-stroke-network", 1
LOG_EVERY = 1_000
"""Strokes between two lines of `stats.jsonl`."""

KEEP = 2
ON_SHEET = 16
LARGEST = 2**30


@dataclass(frozen=True)
class StageOutcome:
    """How a stage ended."""

    stage: StageName
    folder: Path
    images: int
    minutes: float
    finished: bool
    psnr: float | None


def train_stages(
    config: StrokeConfig,
    strokes: StrokeSet,
    folder: Path,
    device: Device,
    which: tuple[StageName, ...],
) -> list[StageOutcome]:
    """Train some stages one after the other; each goes on where it stopped.

    Args:
        config: the recipe.
        strokes: what is learnt.
        folder: of the whole; each stage has a run directory in it.
        device: where and how precisely.
        which: stages of the recipe, in order.

    Returns:
        How each ended; a stage that was stopped is the last.

    Raises:
        ImpastoError: an earlier stage is missing, or the folder began otherwise.
    """
    outcomes = []
    for name in which:
        outcomes.append(train_stage(config, name, strokes, folder, device))
        if not outcomes[-1].finished:
            break
    return outcomes


def train_stage(
    config: StrokeConfig, name: StageName, strokes: StrokeSet, folder: Path, device: Device
) -> StageOutcome:
    """Train one stage, or go on with it."""
    stage = config.stage(name)
    held = min(config.held_out, len(strokes.actions) // 5)
    if held < 1 or len(strokes.actions) - held < stage.batch:
        raise ImpastoError(
            f"{strokes.folder} holds {len(strokes.actions)} strokes, too few for batches of "
            f"{stage.batch}; make more, or --set {name}.batch=…"
        )
    run = Run(folder / name)
    with run.locked():
        brush = brush_of(strokes)
        generator = stages.build_generator(config, brush)
        shown = len(strokes.actions) - held
        length = Length(images=stage.images or math.ceil((stage.epochs or 0) * shown))
        state, step = _begin(config, name, generator, folder, device, length)
        _settle(run, config, name, strokes)
        restore_newest(state, run)
        run.forget_after(state.images)
        batches = stages.StrokeBatches(
            strokes.actions[:shown], strokes.alphas[:shown], stage.batch, config.seed
        )
        test = stages.pack(strokes.actions[shown:], strokes.alphas[shown:], device.device)
        what = f"{config.name}, stage {name}, on {shown:,} strokes, {device}"
        begun = f", from {state.images:,} strokes" if state.images else ""
        run.tell(f"{'Resuming' if state.images else 'Training'} {what}{begun}.")
        live = StrokeLine(length, state)
        with (
            stop_on_signal() as stop,
            SummaryWriter(str(run.folder), purge_step=state.images) as events,
        ):
            look = validate(run, config, strokes, test, generator, device, events)
            watchers = [
                Hook(write_stats(run, events), images=LOG_EVERY),
                Hook(live.look, seconds=0.5),
                Hook(look, images=config.validate_every),
                Hook(
                    write_checkpoint(run, config, strokes), seconds=config.checkpoint_minutes * 60
                ),
            ]
            try:
                with live.progress:
                    train(state, step, batches, watchers, length, stop)
            except NotFiniteError as error:
                knob = "generator.lr" if name == "adversarial" else "adam.lr"
                raise ImpastoError(
                    f"{error} stopped being a number at {state.images:,} strokes; lower a rate "
                    f"(--set {name}.{knob}=…) under another --out."
                ) from error
        finished = length.share(state) >= 1
        best = best_psnr(run)
        _keep_discriminator(run, state)
        reached = "" if best is None else f", best {best:.2f} dB on {held:,} strokes held out"
        last = "Done" if finished else "Stopped; the same command goes on"
        run.tell(f"{last}: {state.images:,} strokes in {clock(state.seconds)}{reached}.")
        return StageOutcome(name, run.folder, state.images, state.seconds / 60, finished, best)


def brush_of(strokes: StrokeSet) -> BrushSettings:
    """The brush that drew a set; the public files were drawn by the dry brush."""
    return settings_of(str(strokes.about.get("brush", next(iter(SETTINGS)))))


def _begin(
    config: StrokeConfig,
    name: StageName,
    generator: nn.Module,
    folder: Path,
    device: Device,
    length: Length,
) -> tuple[State, Step]:
    """Networks, optimisers and step of a stage; the generator takes what an earlier one left."""
    torch.manual_seed(config.seed)
    generator.apply(_reset)  # made anew from this seed, whatever was drawn before
    if config.begin_with is not None:
        settings_of(config.begin_with)
        load_weights(generator, WEIGHTS / f"{config.begin_with}.safetensors")
    generator.to(device.device)
    if name == "generator":
        assert config.generator is not None
        adam = stages.optimiser(generator, config.generator.adam)
        state = State(device.device, {"generator": generator}, {"generator": adam})
        return state, stages.generator_step(config.generator, device, length)
    if config.generator is not None:
        load_weights(generator, folder / "generator" / "best" / "generator.safetensors")
    discriminator = stages.build_discriminator(config).to(device.device)
    if name == "discriminator":
        assert config.discriminator is not None
        adam = stages.optimiser(discriminator, config.discriminator.adam)
        state = State(device.device, {"discriminator": discriminator}, {"discriminator": adam})
        stage = config.discriminator
        return state, stages.discriminator_step(stage, device, length, generator)
    assert config.adversarial is not None
    if config.discriminator is not None:
        load_weights(discriminator, folder / "discriminator" / "best" / "discriminator.safetensors")
    state = State(
        device.device,
        {"generator": generator, "discriminator": discriminator},
        {
            "generator": stages.optimiser(generator, config.adversarial.generator),
            "discriminator": stages.optimiser(discriminator, config.adversarial.discriminator),
        },
    )
    return state, stages.adversarial_step(config.adversarial, device, length)


def _reset(module: nn.Module) -> None:
    reset = getattr(module, "reset_parameters", None)
    if callable(reset):
        reset()


def load_weights(network: nn.Module, path: Path) -> None:
    """Read what an earlier stage left.

    Raises:
        ImpastoError: it left nothing, or something else.
    """
    if not path.exists():
        raise ImpastoError(f"{path} is missing: train the stage {path.parent.parent.name} first.")
    try:
        if path.stat().st_size > LARGEST:
            raise ImpastoError(f"{path} is too large to hold a stroke network.")
        network.load_state_dict(safetensors.torch.load(path.read_bytes()))
    except (safetensors.SafetensorError, RuntimeError, ValueError) as error:
        raise ImpastoError(f"{path} does not fit this recipe; choose another --out.") from error


def _settle(run: Run, config: StrokeConfig, name: StageName, strokes: StrokeSet) -> None:
    """Write the recipe and the data, or refuse to go on with others."""
    about = {"fingerprint": strokes.fingerprint, "count": len(strokes.actions)}
    if run.recipe.exists():
        before = load(str(run.recipe)).model_dump()
        now = config.model_dump()
        for knob in ("network", "width", "seed", "begin_with", "held_out", name):
            old, new = _without_length(before[knob]), _without_length(now[knob])
            if old != new:
                raise ImpastoError(
                    f"{run.folder} was begun with {knob} = {old}, not {new}; choose another --out."
                )
        known = read_json(run.dataset, "a run's dataset.json")
        if not isinstance(known, dict) or known.get("fingerprint") != strokes.fingerprint:
            raise ImpastoError(
                f"{run.folder} began with other strokes; bring those back, or choose another --out."
            )
    write_text(run.recipe, dump(config))
    write_json(run.dataset, about | {"folder": str(strokes.folder)})


def _without_length(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if key not in ("epochs", "images")}
    return value


def write_checkpoint(
    run: Run, config: StrokeConfig, strokes: StrokeSet
) -> Callable[[State, Numbers], None]:
    """A hook: all of the training, atomically."""

    def look(state: State, _: Numbers) -> None:
        if not state.is_finite():
            raise NotFiniteError("weights")
        about = {"recipe": config.name, "data": strokes.fingerprint}
        state.save(run.checkpoint(state.images), about)
        for old in run.checkpoints()[:-KEEP]:
            old.unlink()

    return look


def validate(
    run: Run,
    config: StrokeConfig,
    strokes: StrokeSet,
    test: Tensor,
    generator: nn.Module,
    device: Device,
    events: SummaryWriter,
) -> Callable[[State, Numbers], None]:
    """A hook: PSNR on strokes never shown, a sheet of them, and the best generator so far."""

    second = second_render(strokes, test)

    def look(state: State, _: Numbers) -> None:
        if "generator" not in state.networks:
            return
        reached, drawn = stages.psnr(generator, test, device)
        actions, alphas = stages.unpack(test[:ON_SHEET])
        target = stages.wanted(generator, actions, alphas)
        save(sheet([picture_of(target), picture_of(drawn[:ON_SHEET])]), run.sample(state.images))
        before = best_psnr(run)
        if before is None or reached > before:
            card = {
                "format": CARD_FORMAT, "version": CARD_VERSION, "recipe": config.name,
                "network": config.network, "width": config.width,
                "brush": strokes.about.get("brush"), "engine": strokes.about.get("engine"),
                "images": state.images, "minutes": round(state.seconds / 60, 2),
                "psnr": round(reached, 3), "held_out": len(test),
            }  # fmt: skip
            if second is not None:
                card["second_render_psnr"] = round(second, 3)
            _write_network(run.best / "generator.safetensors", generator)
            write_json(run.best / "model.json", card)
        append_line(run.metrics, {"images": state.images, "psnr": round(reached, 4)})
        events.add_scalar("psnr", reached, state.images)

    return look


def second_render(strokes: StrokeSet, test: Tensor) -> float | None:
    """What drawing the held-out strokes again with other chance reaches, in dB.

    A network that knows no chance can expect up to 3 dB more, by drawing the mean of both. None
    where the brush is not ours or leaves nothing to chance.
    """
    if strokes.about.get("brush") not in SETTINGS:
        return None
    actions, alphas = stages.unpack(test.cpu())
    again = draw(geometry_of(actions.numpy()), str(strokes.about["brush"]), seed=1)
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


def _keep_discriminator(run: Run, state: State) -> None:
    if "discriminator" in state.networks:
        _write_network(run.best / "discriminator.safetensors", state.networks["discriminator"])


def _write_network(path: Path, network: nn.Module) -> None:
    weights = {
        name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()
    }
    write_bytes(path, safetensors.torch.save(weights))


class StrokeLine(LiveLine):
    """The live line of a stage: `84,032 strokes · 251/s · ETA 3:12 · loss 0.004`."""

    def describe(self, state: State, numbers: Numbers) -> str:
        """How far, how fast, until when, and every number of the step."""
        images, seconds, share = self.began
        elapsed = max(state.seconds - seconds, 1e-9)
        done = self.length.share(state) - share
        left = elapsed * (1 - self.length.share(state)) / done if done > 0 else 0.0
        speed = (state.images - images) / elapsed
        parts = [f"{state.images:,} strokes", f"{speed:.0f}/s", f"ETA {clock(left)}"]
        return " · ".join([*parts, *(f"{name} {value:.4g}" for name, value in numbers.items())])
