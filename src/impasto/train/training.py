"""A GAN's training: what it begins with, the loop with its hooks, rescues."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.config import Config
from impasto.core.console import counted
from impasto.core.device import Device
from impasto.core.runs import Run, read_lines
from impasto.data.dataset import Dataset, split_rows
from impasto.data.loader import SIXFOLD, Batches
from impasto.train import hooks, labels
from impasto.train.flattening import best_is_flat
from impasto.train.guard import Alarm, forewarn
from impasto.train.loop import Length, NotFiniteError, train
from impasto.train.progress import LiveLine
from impasto.train.report import write_report
from impasto.train.resume import (
    GuardMode,
    Rescue,
    after_rescues,
    answer_as,
    begin,
    go_back,
    recall,
)
from impasto.train.shell import Ready, in_shell
from impasto.train.state import State
from impasto.train.steps import gan_step
from impasto.train.transfer import FREEZE, Source
from impasto.train.watch import onlookers


@dataclass(frozen=True)
class Outcome:
    """How a training ended."""

    run: Path
    images: int
    minutes: float
    finished: bool
    """Whether it reached its length; if not, the same command goes on."""

    alarm: str | None = None
    """What made the guard stop it, if it did."""


def run_training(
    config: Config,
    dataset: Dataset,
    run: Run,
    device: Device,
    *,
    judge: hooks.Judge | None,
    guard: GuardMode = "warn",
    source: Source | None = None,
) -> Outcome:
    """Train, or go on training, in a run directory.

    Args:
        config: every knob.
        dataset: the packed pictures.
        run: its folder, made if need be.
        device: where and how precisely.
        judge: what chooses `best/`; None to keep the latest.
        guard: what to do when training fails: warn, stop, rescue or ignore.
        source: the generator that a new run begins from, if not from nothing.

    Raises:
        ImpastoError: the data is not what the run began with, or numbers stopped being finite.
    """
    rows = split_rows(len(dataset), config.data.hold_out)[0]

    def begin_or_resume() -> Ready:
        nonlocal config
        config = after_rescues(config, run)
        state = begin(config, dataset, run, device, source)
        length = length_of(config, len(rows))
        return Ready(
            state=state,
            length=length,
            live=LiveLine(length, state),
            device=device,
            what=_what(config, dataset),
            batch=config.training.batch_size,
            fewer=f"take fewer and keep what is learnt: --from {run.folder} "
            f"--set training.batch=N --set {FREEZE}=0 --out ANOTHER.",
            is_kept=lambda: _all_is_done(config, run, state, judge),
            words=_first_words(config, dataset, guard, source),
            report=write_report,
        )

    alarms: list[Alarm] = []  # those that end it
    with in_shell(run, begin_or_resume) as shell:
        ready, answer = shell.ready, answer_as(guard, run, alarms)
        batches = _batches(config, dataset, rows)
        while not shell.done:
            step = gan_step(config, device, batches.labels if config.model.labels else None)
            watching = None if guard == "off" else recall(config, run, ready.state.images)
            looks = onlookers(
                config,
                dataset,
                run,
                shell.events,
                ready.live,
                judge,
                watching,
                answer,
                shell.stop,
            )
            try:
                train(
                    ready.state,
                    step,
                    batches,
                    looks,
                    ready.length,
                    lambda: shell.stop() or bool(alarms),
                )
                break
            except (Rescue, NotFiniteError) as call:
                config = go_back(call, config, ready.state, run, guard)
        if alarms:
            shell.ended_by = "Stopped by the guard; the same command with --guard warn goes on"
    alarm = alarms[0].words if alarms else None
    return Outcome(run.folder, ready.state.images, ready.state.seconds / 60, shell.finished, alarm)


def _batches(config: Config, dataset: Dataset, rows: NDArray[np.int64]) -> Batches:
    """Batches of the pictures that are not held out."""
    return Batches(
        dataset.pictures,
        config.training.batch_size,
        config.training.seed,
        config.data.flip,
        config.data.sixfold,
        rows,
        labels.numbers(dataset) if config.model.labels else None,
        config.data.replacement,
    )


def _what(config: Config, dataset: Dataset) -> str:
    what = f"{config.name} on {counted(len(dataset.pictures), 'picture')} of {dataset.name}"
    return what + (f" with {counted(config.model.labels, 'label')}" if config.model.labels else "")


def _first_words(
    config: Config, dataset: Dataset, guard: GuardMode, source: Source | None
) -> list[tuple[str, str | None]]:
    """What one should know of a training before it begins."""
    words: list[tuple[str, str | None]] = [
        (word, None) for word in labels.warn_small(config, dataset)
    ]
    if source is not None:
        words.append((f"It begins from {source.in_words(config)}.", None))
    if guard != "off" and (warning := forewarn(config)):
        words.append((warning, "yellow"))
    return words


def _all_is_done(config: Config, run: Run, state: State, judge: hooks.Judge | None) -> bool:
    """Whether the last snapshot of a complete run was judged, or kept where nobody judges."""
    if not best_is_flat(config, run):
        return False
    if judge is None:
        return (run.best / "model.json").exists()
    return any(row["images"] == state.images for row in read_lines(run.metrics))


def length_of(config: Config, count: int) -> Length:
    """The recipe's length in images or seconds; an epoch is one pass over `count` pictures."""
    training = config.training
    if training.minutes is not None:
        return Length(seconds=training.minutes * 60)
    if training.images is not None:
        return Length(images=training.images)
    assert training.epochs is not None  # the configuration has exactly one length
    positions = len(SIXFOLD) if config.data.sixfold else 1  # each makes the set larger
    return Length(images=math.ceil(training.epochs * count * positions))
