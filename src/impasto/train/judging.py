"""The hook that judges snapshots and keeps the best one; when more training no longer helps."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
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
from impasto.core.images import Picture, save
from impasto.core.runs import Run, append_line
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.generate.sampler import at_once, labels_of, latents_of, sample
from impasto.generate.seeds import CHOSEN_BY
from impasto.train.hooks import HookFunction, average_settler
from impasto.train.labels import counts
from impasto.train.loop import Stats
from impasto.train.report import write_report
from impasto.train.state import State
from impasto.train.words import MEASURED_BY, Moment, in_words

NEAREST = 12
"""Samples shown beside their nearest originals at each judgement."""

PLATEAU = 6
"""Judgements without progress after which the user is told that more training does not help."""

LESS_VARIED = 0.8
"""Diversity is mentioned only below this; even a few originals repeated have nearly 1."""


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


def no_longer_helps(
    judgements: Iterable[Mapping[str, float]], cool_from: float | None = None, by: str = "kid"
) -> str | None:
    """One sentence when exactly the last `PLATEAU` judgements brought no progress; else None.

    Progress means more than the standard error; otherwise noise alone would count.

    Args:
        judgements: lines of `metrics.jsonl`, in order.
        cool_from: share of the training from which its rates fall, if they do. Until they have
            halved, KID fluctuates and most of its fall is still to come.
        by: name of the number that should fall; `…_error` is its standard error.
    """
    half_cooled = 0.0 if cool_from is None else (1 + cool_from) / 2
    lowest, at, since, share = math.inf, 0, 0, 0.0
    for row in judgements:
        before, share = share, row.get("share", 1.0)
        if share < before:  # the training was extended: the rates rise and cool again
            since = 0
        if share < half_cooled or by not in row:
            continue
        if row[by] < lowest - row[f"{by}_error"]:
            lowest, at, since = row[by], int(row["images"]), 0
        else:
            since += 1
    if since != PLATEAU:
        return None
    what = "KID" if by == "kid" else "What the probe tells apart"
    return (
        f"{what} has not fallen since {at:,} images: more of the same training no longer helps. "
        "The best snapshot is kept; Ctrl-C stops without losing anything."
    )
