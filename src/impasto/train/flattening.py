"""The last thing of a training: the pattern that all samples share is measured, and taken off.

Of the last snapshot and of the best one; those between are shown and judged with it, since
measuring it takes as long as painting thousands of pictures.
"""

from collections.abc import Iterator, Sequence

from torch import Tensor

from impasto.config import Config
from impasto.core.checkpoints import read_artefact, write_artefact
from impasto.core.console import track
from impasto.core.helping import Job, tell_all
from impasto.core.runs import Run
from impasto.generate.artefact import load_generator
from impasto.generate.sampler import at_once, labels_of, latents_of
from impasto.generate.seeds import FLATTENED_BY
from impasto.models.flat_field import field_of, flatten
from impasto.train.loop import Hook, Stats
from impasto.train.progress import LiveLine
from impasto.train.stage import Stage
from impasto.train.state import State

MOST_SAMPLES, LEAST_SAMPLES = 6144, 1024
"""Samples whose mean is taken: of so many its noise is a tenth of a grey level; of fewer than the
second it would be a pattern of its own."""

EACH = 8
"""Images of training for one sample: painting one takes a third of a training image's time or less,
so measuring costs a few hundredths of the training."""


def flattening(
    config: Config, run: Run, live: LiveLine, label_counts: Sequence[int]
) -> tuple[Hook, ...]:
    """Hooks for the end alone: before the last judgement, and after it. None where none is asked.

    Args:
        config: every knob.
        run: whose best snapshot it is.
        live: the line on the console.
        label_counts: how often each label is drawn; empty where there are none.
    """
    if not config.model.flat_field:
        return ()
    stage = Stage("measuring the pattern that samples share", {"painting": 1.0})

    def of_the_last(state: State, _: Stats) -> None:
        if count := wanted(state.images):
            with live.stage(stage):
                last = state.network_to_keep().eval()
                flatten(last, samples(config, count, label_counts), Job.SUM)
                if field := field_of(last):
                    tell_all(Job.PATTERN, field.pattern.cpu())

    def of_the_best(state: State, _: Stats) -> None:
        if not best_is_flat(config, run, state.images):
            with live.stage(stage):
                painter = load_generator(run.folder)
                flatten(painter.network, samples(config, wanted(state.images), label_counts))
                write_artefact(run.best, painter.network, read_artefact(run.best)[0])

    return (
        Hook(of_the_last, at_end=True, slow=True),
        Hook(of_the_best, at_end=True, slow=True),
    )


def wanted(images: int) -> int:
    """How many samples are to be painted after so many images of training; 0: it is too short."""
    count = min(MOST_SAMPLES, images // EACH)
    return count if count >= LEAST_SAMPLES else 0


def samples(
    config: Config, count: int, label_counts: Sequence[int]
) -> Iterator[tuple[Tensor, ...]]:
    """What a generator is to paint, batch by batch; the console hears of each."""
    every = at_once(config.model.width, config.model.height)
    starts = range(FLATTENED_BY, FLATTENED_BY + count, every)
    for start in track(starts, "Painting", len(starts), quiet=True):
        seeds = range(start, min(start + every, FLATTENED_BY + count))
        given = [latents_of(seeds, config.model.latent)]
        given += [labels_of(seeds, label_counts)] if label_counts else []
        yield tuple(given)


def best_is_flat(config: Config, run: Run, images: int) -> bool:
    """Whether nothing is left to do about the snapshot in `best/`, after so many images."""
    if not config.model.flat_field or not wanted(images) or not run.best.exists():
        return True
    field = field_of(load_generator(run.folder).network)
    return field is None or bool(field.pattern.any())
