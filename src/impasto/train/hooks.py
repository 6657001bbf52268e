"""Functions that the loop calls between steps: statistics, sheets, checkpoints, guard.

Each factory `…_hook` returns a function `(state, means of the statistics) → None` for `loop.Hook`.
None of them uses the global RNG, so how often they run never changes a training.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.tensorboard import SummaryWriter

from impasto.config import Config
from impasto.core.helping import Job, Jobs, do_together, jointly
from impasto.core.images import grid, save, within
from impasto.core.runs import Run, append_line
from impasto.data.dataset import Dataset
from impasto.generate.sampler import at_once, labels_of, latents_of, paint_batch, sample
from impasto.generate.seeds import SETTLED_BY, SHOWN
from impasto.generate.strips import labelled
from impasto.metrics.features import look
from impasto.models.flat_field import set_pattern, summed
from impasto.models.settle import settle
from impasto.train.guard import Alarm, Guard
from impasto.train.labels import counts
from impasto.train.loop import NotFiniteError, Stats
from impasto.train.state import State

SHEET = 64
"""Latents on a sample sheet: seeds 0–63, the same as `impasto generate --seeds 0-63`."""

SHEET_SIDE = 256
"""Largest side of a picture on a sheet: 64 at 1024² would take a hundred megabytes each time."""

COLUMNS, ROWS = 8, 16
"""Of a sheet with labels: pictures in a row, and the most labels, evenly chosen."""

LONGEST_WORD = 24

SETTLING = 8
"""Batches over which BatchNorm's statistics are remeasured for an average."""

HookFunction = Callable[[State, Stats], None]


def stats_hook(run: Run, events: SummaryWriter) -> HookFunction:
    """Writes losses and speed to `stats.jsonl` and TensorBoard."""
    before: list[tuple[int, float]] = []

    def write_row(state: State, stats: Stats) -> None:
        images, seconds = before[-1] if before else (state.images, state.seconds)
        speed = (state.images - images) / max(state.seconds - seconds, 1e-9)
        before[:] = [(state.images, state.seconds)]
        if not stats:
            return
        row = {"images": state.images, "minutes": round(state.seconds / 60, 4)}
        row |= {name: round(value, 5) for name, value in stats.items()}
        if speed:
            row["images_per_second"] = round(speed, 1)
        append_line(run.stats, row)
        for name, value in row.items():
            if name != "images":
                events.add_scalar(name, value, state.images)

    return write_row


def average_settler(config: Config, label_counts: Sequence[int]) -> Callable[[State], None]:
    """A function that settles the averaged generator before it is shown, judged or kept.

    The new statistics depend on the weights only, not on how often the function was called.

    Args:
        config: every knob.
        label_counts: how often each label is drawn; empty without labels.
    """
    if not config.training.settle:
        return lambda state: None
    settle_average = _settler(config, label_counts)
    return lambda state: do_together(Job.SETTLE, lambda: settle_average(state))


def _settler(config: Config, label_counts: Sequence[int]) -> Callable[[State], None]:
    """`average_settler` for one process; of several, each takes its share of the rows."""
    batch = config.training.batch_size
    seeds = range(SETTLED_BY, SETTLED_BY + SETTLING * batch)
    given = [latents_of(seeds, config.model.latent)]
    given += [labels_of(seeds, label_counts)] if label_counts else []

    def settle_average(state: State) -> None:
        if average := state.averages.get("generator"):
            parts = [torch.split(each.to(state.device), batch) for each in given]
            settle(average, zip(*parts, strict=True))

    return settle_average


def jobs_of_followers(config: Config, state: State, label_counts: Sequence[int]) -> Jobs:
    """What the other processes do for the leader, whose hooks run."""
    settle_average = _settler(config, label_counts)
    return {
        Job.SETTLE: jointly(lambda: settle_average(state)),
        Job.BATCH: lambda part: paint_batch(state.network_to_keep(), state.device, *part),
        Job.LOOK: look,
        Job.SUM: lambda given: summed(state.network_to_keep().eval(), given),
        Job.PATTERN: lambda pattern: set_pattern(state.network_to_keep(), pattern),
    }


def painted(config: Config, count: int) -> int:
    """How many pictures the generator makes to show `count`, including those for settling."""
    return count + (SETTLING * config.training.batch_size if config.training.settle else 0)


def sheet_hook(run: Run, config: Config, dataset: Dataset) -> HookFunction:
    """Draws a sheet of the same 64 latents every time, to show progress."""
    if config.model.labels:
        return _label_sheet_hook(run, config, dataset)
    latents = latents_of(range(SHOWN, SHOWN + SHEET), config.model.latent)
    batch = at_once(config.model.width, config.model.height)
    settle_average = average_settler(config, ())

    def draw(state: State, _: Stats) -> None:
        settle_average(state)
        pictures = sample(
            state.network_to_keep(), latents, state.device, batch=batch, in_training=True
        )
        save(grid(within(pictures, SHEET_SIDE)), run.sample(state.images))

    return draw


def _label_sheet_hook(run: Run, config: Config, dataset: Dataset) -> HookFunction:
    """Draws one or more rows per label, in order, with the same seeds for each label."""
    labels = dataset.labels
    settle_average = average_settler(config, counts(config, dataset))
    rows = min(len(labels), ROWS)
    shown = np.linspace(0, len(labels) - 1, rows).round().astype(int)
    deep = max(1, SHEET // (COLUMNS * rows))  # rows per label
    each = deep * COLUMNS
    latents = latents_of(range(each), config.model.latent).repeat(rows, 1)
    label_ids = torch.from_numpy(shown).repeat_interleave(each)
    batch = at_once(config.model.width, config.model.height)
    words = [
        word[:LONGEST_WORD] for n in shown for word in (labels[n], *("" for _ in range(deep - 1)))
    ]

    def draw(state: State, _: Stats) -> None:
        settle_average(state)
        pictures = sample(state.network_to_keep(), latents, state.device, label_ids, batch, True)
        small = within(pictures, SHEET_SIDE)
        table = small.reshape(-1, COLUMNS, *small.shape[1:])
        save(labelled(table, words, [""] * COLUMNS), run.sample(state.images))

    return draw


def checkpoint_hook(
    run: Run, config: Config, dataset: Dataset, guard: Guard | None
) -> HookFunction:
    """Writes a checkpoint, then removes the oldest beyond `training.keep`.

    The newest healthy one stays as well, so that a rescue can go back to it.
    """
    settle_average = average_settler(config, counts(config, dataset))
    about = {"recipe": config.name, "data": dataset.fingerprint}
    healthy_at = None if guard is None else lambda: guard.healthy_at
    write = state_hook(run, about, config.training.keep, healthy_at)

    def settle_and_save(state: State, stats: Stats) -> None:
        settle_average(state)
        write(state, stats)

    return settle_and_save


def state_hook(
    run: Run, about: Mapping[str, str], keep: int, healthy_at: Callable[[], int] | None = None
) -> HookFunction:
    """Writes a state as a checkpoint, then removes the oldest checkpoints.

    Args:
        run: the run's folder.
        about: recipe and data, stored in the checkpoint.
        keep: how many of the newest stay.
        healthy_at: images up to which the training was healthy; the newest checkpoint of that
            time stays as well.
    """

    def save_and_prune(state: State, _: Stats) -> None:
        if not state.is_finite():  # do not replace a finite checkpoint
            raise NotFiniteError("weights")
        state.save(run.checkpoint(state.images), about)
        # A run that started from another generator keeps its first checkpoint: it may be the only
        # copy of that generator.
        kept = run.checkpoints_until(0) + run.checkpoints()[-keep:]
        if healthy_at is not None:
            kept += run.checkpoints_until(healthy_at())[-1:]
        for old in run.checkpoints():
            if old not in kept:
                old.unlink()

    return save_and_prune


def guard_hook(run: Run, guard: Guard, answer: Callable[[Alarm], None]) -> HookFunction:
    """Gives the guard the means; logs and prints its alarms and passes them to `answer`."""

    def ask_guard(state: State, stats: Stats) -> None:
        alarm = guard.see(state.images, stats)
        if alarm is not None:
            if vars(alarm) not in run.alarmed():  # a resumed run sees it again
                append_line(run.alarms, vars(alarm))
            run.tell(f"{state.images:,} images: {alarm.words}", style="bold yellow")
            answer(alarm)

    return ask_guard


def save_reals_sheet(pictures: NDArray[np.uint8], path: Path) -> None:
    """Save a sheet of 64 originals, spread over the whole set."""
    count = min(SHEET, len(pictures))
    rows = np.linspace(0, len(pictures) - 1, count).astype(int)
    save(grid(within(np.asarray(pictures[rows]), SHEET_SIDE)), path)


def open_events(run: Run, images: int) -> SummaryWriter:
    """TensorBoard's log in the run's folder; entries after `images` are hidden on display."""
    return SummaryWriter(str(run.folder), purge_step=images)
