"""Functions that the loop calls between steps: statistics, sheets, checkpoints, judge, guard.

Each factory `…_hook` returns a function `(state, means of the statistics) → None` for `loop.Hook`.
None of them uses the global RNG, so how often they run never changes a training.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.tensorboard import SummaryWriter

from impasto.config import Config
from impasto.core import clock
from impasto.core.checkpoints import (
    MODEL_FORMAT,
    MODEL_VERSION,
    ModelCard,
    read_card,
    write_artefact,
)
from impasto.core.helping import Job, Jobs, do_together, jointly
from impasto.core.images import Picture, grid, save, within
from impasto.core.runs import Run, append_line
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.generate.sampler import at_once, labels_of, latents_of, paint_batch, sample
from impasto.generate.seeds import CHOSEN_BY, SETTLED_BY, SHOWN
from impasto.generate.strips import labelled
from impasto.metrics.features import look
from impasto.models.flat_field import set_pattern, summed
from impasto.models.settle import settle
from impasto.train.guard import Alarm, Guard, no_longer_helps
from impasto.train.labels import counts
from impasto.train.loop import NotFiniteError, Stats
from impasto.train.report import write_report
from impasto.train.state import State
from impasto.train.words import MEASURED_BY, Moment, in_words

SHEET = 64
"""Latents on a sample sheet: seeds 0–63, the same as `impasto generate --seeds 0-63`."""

SHEET_SIDE = 256
"""Largest side of a picture on a sheet: 64 at 1024² would take a hundred megabytes each time."""

COLUMNS, ROWS = 8, 16
"""Of a sheet with labels: pictures in a row, and the most labels, evenly chosen."""

LONGEST_WORD = 24

NEAREST = 12
"""Samples shown beside their nearest originals at each judgement."""

SETTLING = 8
"""Batches over which BatchNorm's statistics are remeasured for an average."""

LESS_VARIED = 0.8
"""Diversity is mentioned only below this; even a few originals repeated have nearly 1."""

HookFunction = Callable[[State, Stats], None]


class Judge(Protocol):
    """Measures samples against the originals."""

    name: str
    """The measure and its network: `KID-lite0@128`."""

    count: int
    """How many samples one judgement needs."""

    @property
    def by(self) -> str:
        """Name of the number that chooses snapshots; lower is better."""
        ...

    @property
    def scale(self) -> dict[str, float]:
        """Reference numbers for a judgement, such as the floor."""
        ...

    def judge(self, fakes: NDArray[np.uint8]) -> dict[str, float]:
        """(N, H, W, 3) uint8 → numbers by name, including `kid` (lower is better)."""
        ...

    def nearest_sheet(self, fakes: NDArray[np.uint8]) -> Picture:
        """(N, H, W, 3) uint8 → a sheet of them beside their nearest originals."""
        ...


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


def best_hook(
    run: Run,
    config: Config,
    dataset: Dataset,
    judge: Judge | None,
    events: SummaryWriter,
    watchers: Sequence[HookFunction] = (),
) -> HookFunction:
    """Judges a snapshot, keeps the best one in `best/`, passes the numbers on to `watchers`.

    Without a judge it keeps the latest snapshot, unless `best/` holds a judged one.
    """
    # Latents that no sheet shows, the same at every judgement: less noise between judgements.
    seeds = range(CHOSEN_BY, CHOSEN_BY + (judge.count if judge else 0))
    latents = latents_of(seeds, config.model.latent)
    label_counts = counts(config, dataset)
    label_ids = labels_of(seeds, label_counts) if label_counts else None
    began_from = run.began_from()
    by = judge.by if judge else "kid"
    batch = at_once(config.model.width, config.model.height)
    settle_average = average_settler(config, label_counts)

    def judge_and_keep(state: State, _: Stats) -> None:
        began = clock.now()
        settle_average(state)
        generator = state.network_to_keep()
        metrics: dict[str, float] = {}
        if judge:
            pictures = sample(generator, latents, state.device, label_ids, batch, True)
            metrics = judge.judge(pictures) | judge.scale
            save(judge.nearest_sheet(pictures[:NEAREST]), run.nearest(state.images))
        first = not is_judged(run, by)
        best = first or metrics.get(by, math.inf) < lowest(run, by)
        if best:
            card = _card(state, config, dataset, metrics, judge.name if judge else "", began_from)
            write_artefact(run.best, generator, card)
        if judge:
            # After the weights: a crash must not leave a line for a snapshot that is missing.
            row = {"images": state.images, "share": round(state.share, 4), "judge": judge.name}
            append_line(run.metrics, row | metrics | {"seconds": round(clock.now() - began, 2)})
            for name, value in metrics.items():
                events.add_scalar(name, value, state.images)
            said = in_words(metrics, _moment(state, config), judge.name)
            run.tell(f"{state.images:,} images: {said}")
            if more := _more(metrics, by if best and not first else ""):
                run.tell(more, style="dim")
            if advice := no_longer_helps(run.judgements(), config.optimiser.cool_from, by):
                run.tell(advice)
            for watch in watchers:
                watch(state, metrics)
            write_report(run)  # so that there is a report during training

    return judge_and_keep


def _card(
    state: State,
    config: Config,
    dataset: Dataset,
    metrics: dict[str, float],
    judge: str,
    began_from: str,
) -> ModelCard:
    """The description of this snapshot, for `best/`."""
    label_counts = counts(config, dataset)
    return ModelCard(
        format=MODEL_FORMAT,
        version=MODEL_VERSION,
        recipe=config.name,
        model=config.model,
        data=dataset.name,
        pictures=len(dataset),
        images=state.images,
        minutes=round(state.seconds / 60, 2),
        metrics=metrics,
        judge=judge,
        labels=dataset.labels if label_counts else (),
        label_counts=label_counts,
        began_from=began_from,
    )


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


def seconds_of(row: Mapping[str, float]) -> float:
    """Seconds of a judgement by its line in `metrics.jsonl`; 0 in older lines without them."""
    seconds = row.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else 0.0


def lowest(run: Run, by: str = "kid") -> float:
    """That number of the snapshot in `best/`; infinite without one."""
    return read_card(run.best).metrics.get(by, math.inf) if is_judged(run, by) else math.inf


def is_judged(run: Run, by: str = "kid") -> bool:
    """Whether `best/` holds a snapshot with that number; a damaged one counts as none."""
    try:
        return (run.best / "model.json").exists() and by in read_card(run.best).metrics
    except ImpastoError:
        return False


def _moment(state: State, config: Config) -> Moment:
    known = config.model.family.course_is_known
    return Moment(state.images, state.share, state.seconds, known)


def _more(metrics: dict[str, float], best_by: str) -> str:
    """Further remarks on a judgement; often empty."""
    said = []
    if metrics.get("diversity", 1.0) < LESS_VARIED:
        said.append(f"Samples are {1 - metrics['diversity']:.0%} less varied than originals.")
    if "families" in metrics:
        said.append(f"{metrics['families']:.0f} of the families are painted.")
    if best_by:
        said.append(f"The best snapshot so far, by {MEASURED_BY[best_by]}.")
    return " ".join(said)


def save_reals_sheet(pictures: NDArray[np.uint8], path: Path) -> None:
    """Save a sheet of 64 originals, spread over the whole set."""
    count = min(SHEET, len(pictures))
    rows = np.linspace(0, len(pictures) - 1, count).astype(int)
    save(grid(within(np.asarray(pictures[rows]), SHEET_SIDE)), path)


def open_events(run: Run, images: int) -> SummaryWriter:
    """TensorBoard's log in the run's folder; entries after `images` are hidden on display."""
    return SummaryWriter(str(run.folder), purge_step=images)
