"""A training from start to end: begin, the loop with its hooks, rescues, a clear last word."""

import math
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch

from impasto.config import Config
from impasto.core.console import counted, say
from impasto.core.device import Device
from impasto.core.runs import Run, read_lines
from impasto.data.dataset import Dataset, split_rows
from impasto.data.loader import SIXFOLD, Batches
from impasto.errors import ImpastoError
from impasto.train import hooks, labels
from impasto.train.flattening import best_is_flat
from impasto.train.guard import Alarm, forewarn
from impasto.train.loop import Length, NotFiniteError, train
from impasto.train.progress import LiveLine, clock
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
    with run.locked():
        config = after_rescues(config, run)
        state = begin(config, dataset, run, device, source)
        rows = split_rows(len(dataset), config.data.hold_out)[0]
        length = length_of(config, len(rows))
        before, live = state.images, LiveLine(length, state)
        done = length.share(state) >= 1 and _all_is_done(config, run, state, judge)
        _say_what_begins(config, dataset, run, device, state, length, done, guard, source)
        alarms: list[Alarm] = []  # those that end it
        with (
            stop_on_signal() as stop,
            hooks.open_events(run, state.images) as events,
            _reported(run),
            _out_of_memory_in_words(config, run, device),
        ):
            if done:
                return _outcome(run, state, finished=True)
            answer = answer_as(guard, run, alarms)
            batches = Batches(
                dataset.pictures,
                config.training.batch_size,
                config.training.seed,
                config.data.flip,
                config.data.sixfold,
                rows,
                labels.numbers(dataset) if config.model.labels else None,
                config.data.replacement,
            )
            with live.progress:
                while True:
                    step = gan_step(config, device, batches.labels if config.model.labels else None)
                    watching = None if guard == "off" else recall(config, run, state.images)
                    looks = onlookers(
                        config, dataset, run, events, live, judge, watching, answer, stop
                    )
                    try:
                        train(state, step, batches, looks, length, lambda: stop() or bool(alarms))
                        break
                    except (Rescue, NotFiniteError) as call:
                        config = go_back(call, config, state, run, guard)
        finished = length.share(state) >= 1 and _all_is_done(config, run, state, judge)
        last = "Done" if finished else "Stopped; run the same command again to resume"
        if alarms:
            last = "Stopped by the guard; the same command with --guard warn goes on"
        in_this_go = f", {state.images - before:,} images in this go" if before else ""
        run.tell(f"{last}: {so_far(state)}{in_this_go}.")
        return _outcome(run, state, finished, alarms[0].words if alarms else None)


def _say_what_begins(
    config: Config,
    dataset: Dataset,
    run: Run,
    device: Device,
    state: State,
    length: Length,
    done: bool,
    guard: GuardMode,
    source: Source | None,
) -> None:
    """What is trained or gone on with, and what one should know of it first."""
    if done:
        run.tell(f"{run.folder} is complete: {so_far(state)}; give a greater length to go on.")
        return
    if length.share(state) >= 1:
        run.tell(f"{run.folder} is trained, {so_far(state)}; its last judgement is missing.")
        return
    run.tell(_opening(config, dataset, state, device))
    for sentence in labels.warn_small(config, dataset):
        run.tell(sentence)
    if source is not None:
        run.tell(f"It begins from {source.in_words(config)}.")
    if guard != "off" and (warning := forewarn(config)):
        run.tell(warning, style="yellow")


@contextmanager
def _reported(run: Run) -> Iterator[None]:
    """Write the report at the end, also of what failed; not when somebody interrupts it."""
    try:
        yield
    except ImpastoError:
        write_report(run)
        raise
    write_report(run)


@contextmanager
def _out_of_memory_in_words(config: Config, run: Run, device: Device) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        raise ImpastoError(_no_memory(config, run, device)) from error


def _all_is_done(config: Config, run: Run, state: State, judge: hooks.Judge | None) -> bool:
    """Whether the last snapshot of a complete run was judged, or kept where nobody judges."""
    if not best_is_flat(config, run):
        return False
    if judge is None:
        return (run.best / "model.json").exists()
    return any(row["images"] == state.images for row in read_lines(run.metrics))


def _is_out_of_memory(error: RuntimeError) -> bool:
    """On a CPU it is a plain `RuntimeError`, known by its words alone."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _no_memory(config: Config, run: Run, device: Device) -> str:
    where = "This machine" if device.device.type == "cpu" else "The GPU"
    return (
        f"{where} has too little free memory for {config.training.batch} pictures in a step. End "
        "what else runs there and give the same command again; or take fewer and keep what is "
        f"learnt: --from {run.folder} --set training.batch=N --set {FREEZE}=0 --out ANOTHER."
    )


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


@contextmanager
def stop_on_signal() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C (or a cluster's SIGTERM) stops after the step; the second interrupts.

    A terminal that is closed (SIGHUP) stops it as well, however often that is said: shells and
    session managers repeat it. Where `nohup` says that it is no matter, it is none.
    """
    asked: list[int] = []
    hang_up = getattr(signal, "SIGHUP", None)  # Windows has none

    def ask(number: int, _: FrameType | None) -> None:
        first = not asked
        asked.append(number)
        if first:
            say("Stopping: this step is finished and saved first; again to leave at once.")
        elif number == signal.SIGINT or (number != hang_up and number in asked[:-1]):
            raise KeyboardInterrupt

    kinds = [signal.SIGINT, signal.SIGTERM]
    if hang_up is not None and signal.getsignal(hang_up) != signal.SIG_IGN:
        kinds.append(hang_up)
    previous = {kind: signal.signal(kind, ask) for kind in kinds}
    try:
        yield lambda: bool(asked)
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)


def _opening(config: Config, dataset: Dataset, state: State, device: Device) -> str:
    what = f"{config.name} on {counted(len(dataset.pictures), 'picture')} of {dataset.name}"
    what += f" with {counted(config.model.labels, 'label')}" if config.model.labels else ""
    what += f", {device}"
    return f"Resuming {what}, from {so_far(state)}." if state.images else f"Training {what}."


def so_far(state: State) -> str:
    """`1,984 images in 1:00`: where a training is."""
    return f"{counted(state.images, 'image')} in {clock(state.seconds)}"


def _outcome(run: Run, state: State, finished: bool, alarm: str | None = None) -> Outcome:
    return Outcome(run.folder, state.images, state.seconds / 60, finished, alarm)
