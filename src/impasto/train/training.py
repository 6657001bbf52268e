"""A training from start to end: plan, resume, hooks around the loop, and a clear last word."""

import math
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from impasto.config import Config, change
from impasto.core.console import counted, say
from impasto.core.device import Device
from impasto.core.files import read_json, write_json, write_text
from impasto.core.images import is_whole
from impasto.core.runs import Run, read_lines
from impasto.data.dataset import Dataset, split_rows
from impasto.data.loader import SIXFOLD
from impasto.errors import ImpastoError
from impasto.prepare.source import as_prepared
from impasto.recipes import DEFAULT, as_begun, dump, load
from impasto.train import hooks, labels
from impasto.train.guard import forewarn
from impasto.train.loop import Length
from impasto.train.progress import LiveLine, clock
from impasto.train.report import write_report
from impasto.train.schedule import set_rates
from impasto.train.state import State
from impasto.train.steps import gan_state
from impasto.train.transfer import FREEZE, Source
from impasto.train.watch import GuardMode, Watchers, after_rescues, not_from_nothing, restore_newest

HOW_LONG_AND_HOW_OFTEN = {
    "epochs", "images", "minutes", "sample_every", "log_every", "judge_every", "judge_share",
    "checkpoint_minutes", "keep",
}  # fmt: skip
"""Knobs of `training` that may change between two parts of one run: they do not change its mind."""


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


def settle(
    recipe: str | None,
    settings: dict[str, Any],
    run: Run,
    data: str | None = None,
    source: Source | None = None,
) -> Config:
    """The configuration of a new run, or of a run that goes on.

    Args:
        recipe: a name or a file; None for the default, or for what the run began with.
        settings: knobs changed by `--set`, `--minutes` and their like.
        run: where it will live, or lives already.
        data: what it learns from; a prepared set has a size, if `settings` has none.
        source: the generator that a new run begins from, if not from nothing.

    Raises:
        ImpastoError: the run lives already, with other settings, or there is no such data.
    """
    if source is not None:
        return source.settle(recipe, settings)
    exists = run.recipe.exists()
    goes_on = recipe is None and exists
    base = load(str(run.recipe)) if goes_on else load(recipe or DEFAULT)
    config = change(base, settings)
    if data is not None and "model.size" not in settings and not goes_on:
        config = as_prepared(config, data)
    if exists:
        begun = load(str(run.recipe))
        config = change(config, as_begun(recipe or "", begun, settings))
        config = change(config, _was_decided(config, begun, settings, run))
        _same_mind(begun, config, run)
    return config


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
        guard: what to do when the game goes wrong: say so, stop, go back and change, nothing.
        source: the generator that a new run begins from, if not from nothing.

    Raises:
        ImpastoError: the data is not what the run began with, or numbers stopped being finite.
    """
    with run.locked():
        config = after_rescues(config, run)
        state, length = _begin(config, dataset, run, device, source)
        before, live = state.images, LiveLine(length, state)
        complete = length.share(state) >= 1
        done = complete and _all_is_done(run, state, judge)
        if done:
            run.tell(f"{run.folder} is complete: {so_far(state)}; give a greater length to go on.")
        elif complete:
            run.tell(f"{run.folder} is trained, {so_far(state)}; its last judgement is missing.")
        else:
            run.tell(_opening(config, dataset, state, device))
            for sentence in labels.told(config, dataset):
                run.tell(sentence)
            if source is not None:
                run.tell(f"It begins from {source.in_words(config)}.")
            if guard != "off" and (warning := forewarn(config)):
                run.tell(warning, style="yellow")
        with stop_on_signal() as stop, hooks.open_events(run, state.images) as events:
            if done:
                write_report(run)
                return _outcome(run, state, finished=True)
            looks = Watchers(dataset, run, events, live, judge, guard)
            try:
                with live.progress:
                    alarm = looks.play(config, state, device, length, stop)
            except ImpastoError:
                write_report(run)  # all until the number that was none
                raise
            except RuntimeError as error:
                if not _is_out_of_memory(error):
                    raise
                write_report(run)
                raise ImpastoError(_no_memory(config, run, device)) from error
        write_report(run)
        finished = length.share(state) >= 1 and _all_is_done(run, state, judge)
        last = "Done" if finished else "Stopped; the same command goes on"
        if alarm is not None:
            last = "Stopped by the guard; the same command with --guard warn goes on"
        in_this_go = f", {state.images - before:,} images in this go" if before else ""
        run.tell(f"{last}: {so_far(state)}{in_this_go}.")
        return _outcome(run, state, finished, alarm.words if alarm else None)


def _all_is_done(run: Run, state: State, judge: hooks.Judge | None) -> bool:
    """Whether the last snapshot of a complete run was judged, or kept where nobody judges."""
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


def _begin(
    config: Config, dataset: Dataset, run: Run, device: Device, source: Source | None
) -> tuple[State, Length]:
    """A new state, or the one of the newest checkpoint; settles the folder's first files."""
    about = {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "count": len(dataset.pictures),
        "width": dataset.width,
        "height": dataset.height,
        "folder": str(dataset.folder),
        **labels.remembered(config, dataset),
    }
    if run.dataset.exists():
        known = read_json(run.dataset, "a run's dataset.json")
        if not isinstance(known, dict) or known.get("fingerprint") != dataset.fingerprint:
            known = known if isinstance(known, dict) else {}
            raise ImpastoError(
                f"{run.folder} began with other pictures ({known.get('count')} of "
                f"{known.get('name')!r}); bring those back, or choose another --out for these."
            )
        labels.check_same(known, about, run)
    state = gan_state(config, device.device)
    restore_newest(state, run)
    if source is not None and state.images == 0:
        source.give(state, config.model, dataset.labels)
        write_json(run.origin, source.about(config.model))
        # Resuming and rescues find the beginning here and need the source no more.
        hooks.write_checkpoint(run, config, dataset, None)(state, {})
    elif not run.checkpoints():
        not_from_nothing(run)
    set_rates(state, config)
    run.forget_after(state.images)
    if not run.rescues.exists():  # what the guard changed is kept apart
        write_text(run.recipe, dump(config))
    write_json(run.dataset, about)
    if not is_whole(run.reals):
        hooks.reals_sheet(dataset.pictures, run.reals)
    return state, length_of(config, len(split_rows(len(dataset), config.data.hold_out)[0]))


def _was_decided(
    config: Config, begun: Config, settings: dict[str, Any], run: Run
) -> dict[str, Any]:
    """Knobs that were decided when the run began and are left open now, as they were decided."""
    found: dict[str, Any] = {}
    if config.training.batch == "auto":
        found["training.batch"] = begun.training.batch
    if run.origin.exists() and FREEZE not in settings:
        found[FREEZE] = begun.optimiser.freeze_discriminator
    return found


def _same_mind(old: Config, new: Config, run: Run) -> None:
    before, now = old.model_dump(), new.model_dump()
    for section, knobs in now.items():
        for knob, value in knobs.items() if isinstance(knobs, dict) else ():
            if section == "training" and knob in HOW_LONG_AND_HOW_OFTEN:
                continue
            if before[section][knob] != value:
                raise ImpastoError(
                    f"{run.folder} was begun with {section}.{knob} = {before[section][knob]}, "
                    f"not {value}; choose another --out, or keep that setting to go on."
                )


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
