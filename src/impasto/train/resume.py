"""Creating a run, resuming it from its newest checkpoint, going back for a rescue."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from impasto.config import Config, change
from impasto.core.console import counted
from impasto.core.device import Device
from impasto.core.files import write_text
from impasto.core.images import is_whole
from impasto.core.learnt import TrainingSetRecord, read_learnt, write_record
from impasto.core.runs import Run, append_line, read_lines
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError, UnreadableError
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
    """The guard demands a return to the last healthy checkpoint."""

    def __init__(self, alarm: Alarm) -> None:
        super().__init__(alarm.words)
        self.alarm = alarm


def create_or_restore(
    config: Config,
    dataset: Dataset,
    run: Run,
    device: Device,
    source: StartingPoint | None,
    asked: Config,
) -> State:
    """Create a state or restore the newest checkpoint; write the folder's first files.

    Args:
        config: every knob, with the changes of past rescues.
        dataset: the packed pictures.
        run: its folder.
        device: where it trains.
        source: the generator that a new run starts from, if any.
        asked: every knob without those changes, which `rescues.jsonl` holds.

    Raises:
        ImpastoError: the run began with other pictures, or none of its checkpoints can be read.
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
        # Resuming and rescues read this checkpoint and no longer need the source.
        hooks.checkpoint_hook(run, config, dataset, None)(state, {})
    elif not run.checkpoints():
        _not_from_nothing(run)
    set_rates(state, config)
    run.forget_after(state.images)
    write_text(run.recipe, dump(asked))
    write_record(run.dataset, about)
    if not is_whole(run.reals):
        hooks.save_reals_sheet(dataset.pictures, run.reals)
    return state


def after_rescues(config: Config, run: Run) -> Config:
    """The configuration with all changes of past rescues."""
    for row in run.rescued():
        config = change(config, row["changes"], str(run.rescues))
    return config


def restore_newest(state: State, run: Run) -> None:
    """Restore the newest checkpoint that can be read; rename broken ones, delete none.

    Raises:
        UnreadableError: one may be whole, but the disk, memory or its version forbid reading it.
        ImpastoError: all are broken.
    """
    if not _restore_last(run.checkpoints(), state, run) and _broken(run):
        raise ImpastoError(f"No checkpoint of {run.folder} can be read; choose another --out.")


def _restore_last(checkpoints: Sequence[Path], state: State, run: Run) -> bool:
    """Restore the last of them that can be read, and return whether one can; rename broken ones."""
    for path in reversed(checkpoints):
        try:
            state.restore(path)
        except UnreadableError:
            raise  # it may be whole
        except ImpastoError as error:
            aside = path.with_suffix(".broken")
            path.rename(aside)
            run.tell(f"{error} It is set aside as {aside.name}, and the one before it is tried.")
        else:
            return True
    return False


def _broken(run: Run) -> list[Path]:
    """The checkpoints that were set aside."""
    return sorted((run.folder / "checkpoints").glob("*.broken"))


def restore_again(state: State, run: Run) -> None:
    """In a follower: restore the newest checkpoint, which the leader has just read or written."""
    for path in run.checkpoints()[-1:]:
        state.restore(path)


def guard_from_log(config: Config, run: Run, images: int, mode: GuardMode = "warn") -> Guard:
    """A guard that has read the log up to `images`, so that a resumed training has its history.

    Args:
        config: every knob.
        run: whose log it reads.
        images: lines after this many are left out.
        mode: what it will do. With `stop`, and with `rescue` while one is left, it raises alarms
            again that an earlier start with another mode only told.
    """
    guard = Guard(config)
    lines = [*read_lines(run.stats), *read_lines(run.metrics)]
    rows = sorted(lines, key=lambda row: row["images"])
    for row in rows:
        if row["images"] <= images:
            guard.see(int(row["images"]), row)
    if mode == "stop" or (mode == "rescue" and _may_rescue(run)):
        guard.raise_again()
    return guard


def _may_rescue(run: Run) -> bool:
    return len(run.rescued()) < MOST_RESCUES


def answer_as(mode: GuardMode, run: Run, called: list[Alarm]) -> Callable[[Alarm], None]:
    """What to do with an alarm: `stop` adds it to `called`, `rescue` raises `Rescue`."""

    def answer(alarm: Alarm) -> None:
        if not alarm.is_lost:
            return
        if mode == "stop":
            called.append(alarm)
        elif mode == "rescue" and _may_rescue(run):
            raise Rescue(alarm)

    return answer


def go_back(
    interruption: Rescue | NotFiniteError, config: Config, state: State, run: Run, mode: GuardMode
) -> Config:
    """Restore the last healthy checkpoint, apply `guard.rescue_changes`, and log it.

    Where the same failure comes back, the training begins anew, first with the changes so far, then
    with more: the harm may have been done before that checkpoint (docs/guard.md, "What was
    measured").

    Returns:
        The changed configuration.

    Raises:
        ImpastoError: a number became NaN or infinite, and rescues are off or used up.
    """
    if isinstance(interruption, Rescue):
        alarm = interruption.alarm
    elif mode == "rescue" and _may_rescue(run):
        alarm = Alarm(
            "not-a-number", state.images, state.images, f"{interruption} became NaN or infinite."
        )
    else:
        reason = _not_finite(interruption, run, state)
        run.note(reason)  # logged only; the caller shows the error
        raise ImpastoError(reason) from interruption
    again = sum(row["kind"] == alarm.kind for row in run.rescued())
    anew = again > 0 and alarm.kind != "not-a-number" and _has_time(config, state)
    healthy = 0 if anew else guard_from_log(config, run, alarm.images).healthy_at
    changes = {} if anew and again == 1 else rescue_changes(config, alarm.kind)
    seconds = state.seconds  # time spent still counts
    _restore(config, state, run, min(healthy, alarm.since))
    state.seconds = seconds
    changed = change(config, changes, "The guard's rescue")
    set_rates(state, changed)
    row = {"images": state.images, "after": alarm.images, "kind": alarm.kind}
    append_line(run.rescues, row | {"changes": changes})
    run.forget_after(state.images)
    said = ", ".join(f"{knob} = {value}" for knob, value in changes.items())
    said = said or "the changes so far"
    run.tell(f"Back to {counted(state.images, 'image')}, and on with {said}.", style="yellow")
    return changed


def _has_time(config: Config, state: State) -> bool:
    """Whether at least half of a training's minutes are left; images are counted anew."""
    minutes = config.training.minutes
    return minutes is None or state.seconds < 30 * minutes


def _restore(config: Config, state: State, run: Run, healthy: int) -> None:
    """Restore the last checkpoint of at most `healthy` images, or begin anew if there is none.

    Raises:
        ImpastoError: there were some, but none can be read.
    """
    if not _restore_last(run.checkpoints_until(healthy), state, run):
        if any(path.stem.isdigit() and int(path.stem) <= healthy for path in _broken(run)):
            raise ImpastoError(
                f"No checkpoint of {run.folder} from before the failure can be read; go on with "
                "--guard warn, or choose another --out."
            )
        _not_from_nothing(run)
        fresh = gan_state(config, state.device)
        state.networks, state.optimisers = fresh.networks, fresh.optimisers
        state.averages, state.memory = fresh.averages, fresh.memory
        state.tallies = fresh.tallies
        state.images = state.steps = 0
    good = run.checkpoints_until(healthy)
    for path in run.checkpoints():
        if path not in good:
            path.unlink()  # of the failed training: a resumed run must not find it


def _not_from_nothing(run: Run) -> None:
    """Refuse to start from scratch a run that started from another generator.

    Raises:
        ImpastoError: it did, and its starting checkpoint is missing.
    """
    if run.origin.exists():
        raise ImpastoError(
            f"Its starting checkpoint {run.checkpoint(0)} is missing; start again from "
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
