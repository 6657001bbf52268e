"""At the end of a training: measure the pattern that samples share, and subtract it if most do.

Only the last and the best snapshot are flattened, as measuring takes thousands of samples; those
between are shown and judged with their pattern.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torch import Tensor

from impasto.config import Config
from impasto.core.checkpoints import read_artefact, write_artefact
from impasto.core.console import track
from impasto.core.helping import Job, tell_all
from impasto.core.runs import Run
from impasto.generate.artefact import load_generator
from impasto.generate.sampler import at_once, labels_of, latents_of
from impasto.generate.seeds import FLATTENED_BY
from impasto.models.flat_field import COMMON, field_of, flatten
from impasto.train.loop import Hook, Stats
from impasto.train.progress import LiveLine
from impasto.train.stage import Stage
from impasto.train.state import State

MOST_SAMPLES, LEAST_SAMPLES = 6144, 1024
"""Samples to average: with 6,144 the mean's noise is a tenth of a grey level; with fewer than 1,024
the noise itself would be a pattern."""

OTHERS = 6
"""For so many averaged samples one more is painted, to tell whether the pattern is common."""

EACH = 8
"""Training images per averaged sample. A sample takes at most a third of a training image's time,
so measuring costs at most a twentieth of the training for each snapshot."""

PAINTING, COMPARING = "Painting", "Comparing"


class FlatteningHooks(NamedTuple):
    """What runs at the end of a training; None without `model.flat_field`."""

    last: Hook | None
    """Before the last judgement: flatten the last snapshot."""

    best: Hook | None
    """After the last judgement: flatten the snapshot in `best/`."""


def flattening_hooks(
    config: Config, run: Run, live: LiveLine, label_counts: Sequence[int]
) -> FlatteningHooks:
    """Hooks that flatten the last and the best snapshot.

    Args:
        config: every knob.
        run: whose best snapshot it is.
        live: the line on the console.
        label_counts: how often each label is drawn; empty without labels.
    """
    if not config.model.flat_field:
        return FlatteningHooks(None, None)
    parts = {PAINTING.lower(): 1.0, COMPARING.lower(): 1 / OTHERS}
    stage = Stage("measuring the pattern that samples share", parts)

    def flatten_last(state: State, _: Stats) -> None:
        if count := wanted(state.images):
            with live.stage(stage):
                last = state.network_to_keep().eval()
                common = flatten(last, *to_average(config, count, label_counts), Job.SUM)
                if field := field_of(last):
                    tell_all(Job.PATTERN, field.pattern.cpu())
            tell(common, "last")

    def flatten_best(state: State, _: Stats) -> None:
        if not best_is_flat(config, run, state.images):
            with live.stage(stage):
                best = load_generator(run.folder).network.to(state.device)
                common = flatten(best, *to_average(config, wanted(state.images), label_counts))
                write_artefact(run.best, best, read_artefact(run.best)[0])
            tell(common, "best")

    def tell(common: float | None, which: str) -> None:
        if common is None:
            run.note(f"The {which} snapshot's samples share no pattern beyond noise.")
        elif common < COMMON:
            run.tell(
                f"The pattern in the mean of the {which} snapshot's samples stays on them: the "
                f"median sample has {max(common, 0):.0%} of it; taking it off would print it on "
                "others."
            )

    return FlatteningHooks(
        last=Hook(flatten_last, only_at_end=True, slow=True),
        best=Hook(flatten_best, only_at_end=True, slow=True),
    )


def wanted(images: int) -> int:
    """How many samples to average after so many images of training; 0 if it was too short."""
    count = min(MOST_SAMPLES, images // EACH)
    return count if count >= LEAST_SAMPLES else 0


def to_average(
    config: Config, count: int, label_counts: Sequence[int]
) -> tuple[Iterator[tuple[Tensor, ...]], Iterator[tuple[Tensor, ...]]]:
    """Latents of `count` samples, and of fewer others to compare the average with."""
    first = range(FLATTENED_BY, FLATTENED_BY + count)
    others = range(first.stop, first.stop + count // OTHERS)
    return (
        samples(config, first, label_counts, PAINTING),
        samples(config, others, label_counts, COMPARING),
    )


def samples(
    config: Config, seeds_of_all: range, label_counts: Sequence[int], what: str
) -> Iterator[tuple[Tensor, ...]]:
    """Latents (and labels) of samples, batch by batch, with progress."""
    every = at_once(config.model.width, config.model.height)
    starts = seeds_of_all[::every]
    for start in track(starts, what, len(starts), quiet=True):
        seeds = range(start, min(start + every, seeds_of_all.stop))
        given = [latents_of(seeds, config.model.latent)]
        given += [labels_of(seeds, label_counts)] if label_counts else []
        yield tuple(given)


def best_is_flat(config: Config, run: Run, images: int) -> bool:
    """Whether the snapshot in `best/` needs no flattening after so many images."""
    if not config.model.flat_field or not wanted(images) or not run.best.exists():
        return True
    field = field_of(load_generator(run.folder).network)
    return field is None or bool(field.pattern.any())
