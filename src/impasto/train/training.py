"""A GAN's training: what it begins with, the loop with its hooks, rescues."""

from impasto.config import Config
from impasto.core.checkpoints import read_card
from impasto.core.console import counted
from impasto.core.device import Device
from impasto.core.helping import AGAIN, in_turn, leading
from impasto.core.runs import Run, read_lines
from impasto.core.together import RANKS
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.train import hooks, labels
from impasto.train.flattening import best_is_flat
from impasto.train.followers import check_together, follow
from impasto.train.guard import Alarm, forewarn
from impasto.train.loop import NotFiniteError, train
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
from impasto.train.session import Outcome, batches_of, length_of
from impasto.train.shell import Ready, in_shell
from impasto.train.state import State
from impasto.train.steps import gan_step
from impasto.train.transfer import StartingPoint
from impasto.train.watch import onlookers


def run_training(
    config: Config,
    dataset: Dataset,
    run: Run,
    device: Device,
    *,
    judge: hooks.Judge | None,
    guard: GuardMode = "warn",
    source: StartingPoint | None = None,
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
    check_together(config, dataset)
    if not RANKS.leads:
        return follow(config, dataset, run, device, guard)
    batches = batches_of(config, dataset)

    def begin_or_resume() -> Ready:
        nonlocal config
        config = after_rescues(config, run)
        with in_turn():
            state = begin(config, dataset, run, device, source)
        length = length_of(config, len(batches.only))
        return Ready(
            state=state,
            length=length,
            live=LiveLine(length, state),
            device=device,
            what=_what(config, dataset),
            batch=config.training.batch_size,
            fewer=f"take fewer and keep what is learnt: --from {run.folder} "
            "--set training.batch=N --out ANOTHER.",
            is_kept=lambda: _all_is_done(config, run, state, judge),
            words=_first_words(config, dataset, guard, source),
            report=write_report,
        )

    alarms: list[Alarm] = []  # those that end it
    with in_shell(run, begin_or_resume) as shell:
        ready, answer = shell.ready, answer_as(guard, run, alarms)
        RANKS.meet_at(ready.state.images, shell.done)
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
                    hooks.jobs_of_followers(config, ready.state, labels.counts(config, dataset)),
                )
                break
            except (Rescue, NotFiniteError) as interruption:
                with leading({}, then=AGAIN):
                    config = go_back(interruption, config, ready.state, run, guard)
                RANKS.meet_at(ready.state.images, False)
        if alarms:
            shell.ended_by = "Stopped by the guard; the same command with --guard warn goes on"
    alarm = alarms[0].words if alarms else None
    return Outcome(run.folder, ready.state.images, ready.state.seconds / 60, shell.finished, alarm)


def _what(config: Config, dataset: Dataset) -> str:
    what = f"{config.name} on {counted(len(dataset.pictures), 'picture')} of {dataset.name}"
    return what + (f" with {counted(config.model.labels, 'label')}" if config.model.labels else "")


def _first_words(
    config: Config, dataset: Dataset, guard: GuardMode, source: StartingPoint | None
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
    if not best_is_flat(config, run, state.images):
        return False
    if judge is None:
        try:
            kept = read_card(run.best)
        except ImpastoError:  # missing, or damaged
            return False
        # The last checkpoint is written before the last `best/`; a judged one stays.
        return kept.images == state.images or bool(kept.metrics)
    return any(row["images"] == state.images for row in read_lines(run.metrics))
