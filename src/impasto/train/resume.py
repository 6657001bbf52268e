"""Where a training begins, goes on, and goes back to: newest checkpoint, beginning, rescue."""

from collections.abc import Callable
from typing import Literal

from impasto.config import Config, change
from impasto.core.console import counted
from impasto.core.device import Device
from impasto.core.files import write_text
from impasto.core.images import is_whole
from impasto.core.learnt import TrainingSetRecord, read_learnt, write_record
from impasto.core.runs import Run, append_line, read_lines
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.recipes import dump
from impasto.train import hooks, labels
from impasto.train.guard import MOST_RESCUES, Alarm, Guard, rescue_changes
from impasto.train.loop import NotFiniteError
from impasto.train.schedule import set_rates
from impasto.train.state import State
from impasto.train.steps import gan_state
from impasto.train.transfer import StartingPoint

GuardMode = Literal["warn", "stop", "rescue", "off"]
"""Warn; stop; go back to a healthy checkpoint and continue with other knobs; do nothing."""


class Rescue(Exception):  # noqa: N818 — not an error: the way out of the loop
    """The guard wants to go back to the last healthy checkpoint."""

    def __init__(self, alarm: Alarm) -> None:
        super().__init__(alarm.words)
        self.alarm = alarm


def create_or_restore(
    config: Config, dataset: Dataset, run: Run, device: Device, source: StartingPoint | None
) -> State:
    """A new state, or the one of the newest checkpoint; writes the folder's first files.

    Raises:
        ImpastoError: the pictures are not those that the run began with, or no checkpoint of it
            can be read.
    """
    about = TrainingSetRecord(
        name=dataset.name,
        fingerprint=dataset.fingerprint,
        count=len(dataset.pictures),
        width=dataset.width,
        height=dataset.height,
        folder=str(dataset.folder),
        labels=labels.describe(config, dataset),
    )
    if run.dataset.exists():
        known = read_learnt(run.dataset)
        if known.fingerprint != dataset.fingerprint:
            raise ImpastoError(
                f"{run.folder} began with other pictures ({known.count} of "
                f"{known.name!r}); bring those back, or choose another --out for these."
            )
        labels.check_same(known, about, run)
    state = gan_state(config, device.device)
    restore_newest(state, run)
    if source is not None and state.images == 0:
        source.copy_weights_into(state, config.model, dataset.labels)
        write_record(run.origin, source.origin_for(config.model))
        # Resuming and rescues find the beginning here and need the source no more.
        hooks.checkpoint_hook(run, config, dataset, None)(state, {})
    elif not run.checkpoints():
        _not_from_nothing(run)
    set_rates(state, config)
    run.forget_after(state.images)
    if not run.rescues.exists():  # what the guard changed is kept apart
        write_text(run.recipe, dump(config))
    write_record(run.dataset, about)
    if not is_whole(run.reals):
        hooks.reals_sheet(dataset.pictures, run.reals)
    return state


def after_rescues(config: Config, run: Run) -> Config:
    """The knobs as the guard has left them."""
    for row in run.rescued():
        config = change(config, row["changes"], str(run.rescues))
    return config


def restore_newest(state: State, run: Run) -> None:
    """Go back to the newest checkpoint that can be read; broken ones are set aside, not deleted."""
    for path in reversed(run.checkpoints()):
        try:
            state.restore(path)
        except ImpastoError as error:
            aside = path.with_suffix(".broken")
            path.rename(aside)
            run.tell(f"{error} It is set aside as {aside.name}, and the one before it is tried.")
        else:
            return
    if any((run.folder / "checkpoints").glob("*.broken")):
        raise ImpastoError(f"No checkpoint of {run.folder} can be read; choose another --out.")


def restore_again(state: State, run: Run) -> None:
    """Go where the leader is: to the newest checkpoint, which it has just read or written."""
    for path in run.checkpoints()[-1:]:
        state.restore(path)


def guard_from_log(config: Config, run: Run, images: int) -> Guard:
    """A guard that has read the log until `images`: a resumed one knows what it knew."""
    guard = Guard(config)
    lines = [*read_lines(run.stats), *read_lines(run.metrics)]
    rows = sorted(lines, key=lambda row: row["images"])
    for row in rows:
        if row["images"] <= images:
            guard.see(int(row["images"]), row)
    return guard


def answer_as(mode: GuardMode, run: Run, called: list[Alarm]) -> Callable[[Alarm], None]:
    """What to do when the guard calls: with `stop` note it in `called`, with `rescue` raise."""

    def answer(alarm: Alarm) -> None:
        if not alarm.is_lost:
            return
        if mode == "stop":
            called.append(alarm)
        elif mode == "rescue" and len(run.rescued()) < MOST_RESCUES:
            raise Rescue(alarm)

    return answer


def go_back(
    interruption: Rescue | NotFiniteError, config: Config, state: State, run: Run, mode: GuardMode
) -> Config:
    """Restore the last healthy checkpoint, change what `guard.rescue_changes` says, and log it.

    Returns:
        The changed configuration.

    Raises:
        ImpastoError: a number stopped being finite and no rescue is asked for, or none is left.
    """
    if isinstance(interruption, Rescue):
        alarm = interruption.alarm
    elif mode == "rescue" and len(run.rescued()) < MOST_RESCUES:
        alarm = Alarm("not-a-number", state.images, state.images, f"{interruption} is no number.")
    else:
        reason = _not_finite(interruption, run, state)
        run.note(reason)  # said once, by whoever catches it, but kept here
        raise ImpastoError(reason) from interruption
    healthy = guard_from_log(config, run, alarm.images).healthy_at
    changes = rescue_changes(config, alarm.kind)
    seconds = state.seconds  # time that went by is not given back
    _restore(config, state, run, min(healthy, alarm.since))
    state.seconds = seconds
    changed = change(config, changes, "The guard's rescue")
    set_rates(state, changed)
    row = {"images": state.images, "after": alarm.images, "kind": alarm.kind}
    append_line(run.rescues, row | {"changes": changes})
    run.forget_after(state.images)
    said = ", ".join(f"{knob} = {value}" for knob, value in changes.items())
    run.tell(f"Back to {counted(state.images, 'image')}, and on with {said}.", style="yellow")
    return changed


def _restore(config: Config, state: State, run: Run, healthy: int) -> None:
    good = run.checkpoints_until(healthy)
    for path in run.checkpoints():
        if path not in good:
            path.unlink()  # of the failed training: a resumed run must not find it
    if good:
        state.restore(good[-1])
        return
    _not_from_nothing(run)
    fresh = gan_state(config, state.device)
    state.networks, state.optimisers = fresh.networks, fresh.optimisers
    state.averages, state.memory = fresh.averages, fresh.memory
    state.tallies = fresh.tallies
    state.images = state.steps = 0


def _not_from_nothing(run: Run) -> None:
    """Refuse to begin from nothing what began from another generator.

    Raises:
        ImpastoError: it did, and the checkpoint of its beginning is gone.
    """
    if run.origin.exists():
        raise ImpastoError(
            f"{run.folder} has lost its beginning, {run.checkpoint(0)}; begin again from "
            f"{run.began_from()} under another --out."
        )


def _not_finite(error: NotFiniteError, run: Run, state: State) -> str:
    kept = run.checkpoints()
    good = f"the last good checkpoint is {kept[-1]}" if kept else "there was no checkpoint yet"
    return (
        f"{error} became NaN or infinite at {state.images:,} images, so the training stopped; "
        f"{good}. Lower a learning rate (--set optimiser.g_lr=…) under another --out, or try "
        "--precision fp32."
    )
