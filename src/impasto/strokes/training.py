"""A stroke network's training: stage after stage, each a run directory of the one loop."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from impasto.brush.brushes import WEIGHTS
from impasto.brush.settings import SETTINGS, BrushSettings, settings_of
from impasto.core.checkpoints import read_weights
from impasto.core.console import counted
from impasto.core.device import Device
from impasto.core.files import write_text
from impasto.core.fitting import load_weights as fit_weights
from impasto.core.learnt import TrainingSetRecord, read_learnt, write_record
from impasto.core.runs import Run, read_lines
from impasto.errors import ImpastoError
from impasto.strokes import stages
from impasto.strokes.config import StageName, StrokeConfig, dump, load
from impasto.strokes.stroke_set import StrokeSet
from impasto.strokes.watching import best_psnr, validation_hook, write_network
from impasto.train.hooks import state_hook, stats_hook
from impasto.train.loop import Hook, Length, NotFiniteError, train
from impasto.train.progress import LiveLine
from impasto.train.resume import restore_newest
from impasto.train.shell import Ready, in_shell
from impasto.train.state import State, Step

LOG_EVERY = 1_000
"""Strokes between two lines of `stats.jsonl`."""

KEEP = 2
"""Checkpoints that stay."""

LARGEST = 2**30

KEPT = ("network", "width", "as_published", "seed", "shuffle", "begin_with", "held_out")
"""Knobs that a stage keeps when it goes on, beside its own."""


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
            f"{strokes.folder} holds {counted(len(strokes.actions), 'stroke')}, too few for "
            f"batches of "
            f"{stage.batch}; make more, or --set {name}.batch=…"
        )
    run, shown = Run(folder / name), len(strokes.actions) - held
    generator = stages.build_generator(config, brush_of(strokes))
    length = Length(images=stage.images or math.ceil((stage.epochs or 0) * shown))
    steps: list[Step] = []

    def begin_or_resume() -> Ready:
        state, step = _begin(config, name, generator, folder, device, length)
        steps.append(step)
        _check_and_note(run, config, name, strokes)
        restore_newest(state, run)
        run.forget_after(state.images)
        return Ready(
            state=state,
            length=length,
            live=StrokeLine(length, state),
            device=device,
            what=f"{config.name}, stage {name}, on {counted(shown, 'stroke')}",
            batch=stage.batch,
            fewer=f"take fewer: --set {name}.batch=N --out ANOTHER.",
            is_kept=lambda: _is_kept(run, state),
            result=lambda: _best_in_words(run, held),
            unit="stroke",
        )

    with in_shell(run, begin_or_resume) as shell:
        state = shell.ready.state
        if not shell.done:
            batches = stages.StrokeBatches(
                strokes.actions[:shown],
                strokes.alphas[:shown],
                stage.batch,
                config.seed,
                config.shuffle,
            )
            test = stages.pack(strokes.actions[shown:], strokes.alphas[shown:], device.device)
            validate = validation_hook(run, config, strokes, test, generator, device, shell.events)
            about = {"recipe": config.name, "data": strokes.fingerprint}
            watchers = [
                Hook(stats_hook(run, shell.events), every_images=LOG_EVERY),
                Hook(shell.ready.live.update, every_seconds=0.5),
                Hook(validate, every_images=config.validate_every),
                Hook(state_hook(run, about, KEEP), every_seconds=config.checkpoint_minutes * 60),
            ]
            try:
                train(state, steps[0], batches, watchers, length, shell.stop)
            except NotFiniteError as error:
                knob = "generator.lr" if name == "adversarial" else "adam.lr"
                raise ImpastoError(
                    f"{error} became NaN or infinite at {state.images:,} strokes; lower a rate "
                    f"(--set {name}.{knob}=…) under another --out."
                ) from error
        # Also where all is done: killed after the last checkpoint, an older one may lie there.
        _keep_discriminator(run, state)
    best = best_psnr(run)
    return StageOutcome(name, run.folder, state.images, state.seconds / 60, shell.finished, best)


def _is_kept(run: Run, state: State) -> bool:
    """Whether the last generator was measured."""
    measured = any(row["images"] == state.images for row in read_lines(run.metrics))
    return "generator" not in state.networks or measured


def _best_in_words(run: Run, held: int) -> str:
    best = best_psnr(run)
    return "" if best is None else f", best {best:.2f} dB on {counted(held, 'stroke')} held out"


def brush_of(strokes: StrokeSet) -> BrushSettings:
    """The brush that drew a set; the public files were drawn by the dry brush."""
    return settings_of(strokes.about.brush or next(iter(SETTINGS)))


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
    generator.to(device.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    if name == "generator":
        assert config.generator is not None
        adam = stages.optimiser(generator, config.generator.adam)
        state = State(device.device, {"generator": generator}, {"generator": adam})
        return state, stages.generator_step(config.generator, device, length)
    if config.generator is not None:
        load_weights(generator, folder / "generator" / "best" / "generator.safetensors")
    discriminator = stages.build_discriminator(config)
    discriminator.to(device.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
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
    fit_weights(network, read_weights(path, "a stroke network", LARGEST), str(path))


def _check_and_note(run: Run, config: StrokeConfig, name: StageName, strokes: StrokeSet) -> None:
    """Write the recipe and the data, or refuse to go on with others."""
    if run.recipe.exists():
        before = load(str(run.recipe)).model_dump()
        now = config.model_dump()
        for knob in (*KEPT, name):
            old, new = _without_length(before[knob]), _without_length(now[knob])
            if old != new:
                raise ImpastoError(
                    f"{run.folder} was begun with {knob} = {old}, not {new}; choose another --out."
                )
        if read_learnt(run.dataset).fingerprint != strokes.fingerprint:
            raise ImpastoError(
                f"{run.folder} began with other strokes; bring those back, or choose another --out."
            )
    write_text(run.recipe, dump(config))
    about = TrainingSetRecord(
        fingerprint=strokes.fingerprint, count=len(strokes.actions), folder=str(strokes.folder)
    )
    write_record(run.dataset, about)


def _without_length(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if key not in ("epochs", "images")}
    return value


def _keep_discriminator(run: Run, state: State) -> None:
    if "discriminator" in state.networks:
        write_network(run.best / "discriminator.safetensors", state.networks["discriminator"])


class StrokeLine(LiveLine):
    """The live line of a stage: `ETA 3:12 · 251/s · 84,032 strokes · loss 0.004`."""

    def parts(self, state: State) -> list[str]:
        """How far, how fast, until when, and every number of the step."""
        eta, speed, _, *_ = super().parts(state)
        numbers = [f"{name} {value:.4g}" for name, value in self.last.items()]
        return [eta, speed, f"{state.images:,} strokes", *numbers]
