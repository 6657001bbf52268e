"""A GAN training: its start or resumption, the loop with its hooks, rescues."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from impasto.config import Config
from impasto.core.checkpoints import read_card
from impasto.core.console import counted
from impasto.core.device import Device
from impasto.core.helping import AGAIN, Jobs, in_turn, leading
from impasto.core.runs import Run, read_lines
from impasto.core.together import RANKS
from impasto.data.dataset import Dataset
from impasto.data.loader import Batches
from impasto.errors import ImpastoError
from impasto.train import hooks, judging, labels
from impasto.train.anchors import CodesAt, codes_at
from impasto.train.flattening import best_is_flat
from impasto.train.followers import check_together, follow
from impasto.train.guard import Alarm, forewarn
from impasto.train.loop import Hook, Length, NotFiniteError, train
from impasto.train.progress import LiveLine
from impasto.train.report import write_report
from impasto.train.resume import (
    GuardMode,
    Rescue,
    after_rescues,
    answer_as,
    create_or_restore,
    go_back,
    guard_from_log,
)
from impasto.train.session import Outcome, batches_of, length_of
from impasto.train.shell import Ready, Shell, in_shell
from impasto.train.state import State, Step
from impasto.train.steps import gan_step
from impasto.train.transfer import StartingPoint
from impasto.train.watch import training_hooks

FEWER = "--set training.batch=N --out ANOTHER."
"""Options for a smaller batch."""


def run_training(
    config: Config,
    dataset: Dataset,
    run: Run,
    device: Device,
    *,
    judge: judging.Judge | None,
    guard: GuardMode = "warn",
    source: StartingPoint | None = None,
) -> Outcome:
    """Start or resume a training in a run's folder.

    Args:
        config: every knob.
        dataset: the packed pictures.
        run: its folder, created if missing.
        device: where it trains, and the precision.
        judge: what chooses `best/`; None to keep the latest.
        guard: what to do when training fails: warn, stop, rescue or ignore.
        source: the generator that a new run starts from, if any.

    Raises:
        ImpastoError: the run began with other data, or a number became NaN or infinite.
    """
    check_together(config, dataset)
    if not RANKS.leads:
        return follow(config, dataset, run, device, guard)
    batches = batches_of(config, dataset)
    training = _Training(config, dataset, batches, run, device, judge, guard, source)
    with in_shell(run, training.create_or_resume) as shell:
        state = shell.ready.state
        RANKS.meet_at(state.images, state.seconds, state.networks.values(), shell.done)
        while not shell.done:
            try:
                train(state, *training.steps(shell))
                break
            except (Rescue, NotFiniteError) as interruption:
                training.go_back(interruption, state)
                shell.ready.live.begin(state)
        if training.fatal and not shell.finished:
            shell.ended_by = "Stopped by the guard; the same command with --guard warn goes on"
    alarm = training.fatal[0].words if training.fatal else None
    return Outcome(run.folder, state.images, state.seconds / 60, shell.finished, alarm)


@dataclass
class _Training:
    """A training in the leader's process."""

    config: Config
    """Changed by rescues."""

    dataset: Dataset
    batches: Batches
    run: Run
    device: Device
    judge: judging.Judge | None
    guard: GuardMode
    source: StartingPoint | None
    codes: CodesAt | None = None
    fatal: list[Alarm] = field(default_factory=list)
    """Alarms that end it, with the guard's mode `stop`."""

    def create_or_resume(self) -> Ready:
        """The state of the newest checkpoint or a new one, with all that the shell needs."""
        asked = self.config
        self.config = config = after_rescues(asked, self.run)
        with in_turn():
            state = create_or_restore(
                config, self.dataset, self.run, self.device, self.source, asked
            )
            self.codes = codes_at(config, self.dataset, self.batches)
        length = length_of(config, len(self.batches.only))
        return Ready(
            state=state,
            length=length,
            live=LiveLine(length, state),
            device=self.device,
            what=_what(config, self.dataset),
            batch=config.training.batch_size,
            fewer=f"take fewer and keep what is learnt: --from {self.run.folder} {FEWER}",
            fewer_at_first=f"take fewer: {FEWER}",
            is_kept=lambda: not _missing(config, self.run, state, self.judge),
            missing=lambda: _missing(config, self.run, state, self.judge),
            words=_first_words(config, self.dataset, self.guard, self.source),
            report=write_report,
        )

    def steps(
        self, shell: Shell
    ) -> tuple[Step, Batches, Sequence[Hook], Length, Callable[[], bool], Jobs]:
        """What the loop takes besides the state; after a rescue, with other knobs."""
        config, dataset, run, state = self.config, self.dataset, self.run, shell.ready.state
        known = self.batches.labels if config.model.labels else None
        step = gan_step(config, self.device, known, self.codes)
        watching = None
        if self.guard != "off":
            watching = guard_from_log(config, run, state.images, self.guard)
        answer = answer_as(self.guard, run, self.fatal)
        found = training_hooks(
            config, dataset, run, shell.events, shell.ready.live, self.judge, watching, answer,
            shell.stop,
        )  # fmt: skip
        jobs = hooks.jobs_of_followers(config, state, labels.counts(config, dataset))

        def stop() -> bool:
            return shell.stop() or bool(self.fatal)

        return step, self.batches, found, shell.ready.length, stop, jobs

    def go_back(self, interruption: Rescue | NotFiniteError, state: State) -> None:
        """Restore a healthy checkpoint or begin anew, with other knobs and all who train along."""
        with leading({}, then=AGAIN):
            self.config = go_back(interruption, self.config, state, self.run, self.guard)
        RANKS.meet_at(state.images, state.seconds, state.networks.values(), False)


def _what(config: Config, dataset: Dataset) -> str:
    what = f"{config.name} on {counted(len(dataset.pictures), 'picture')} of {dataset.name}"
    return what + (f" with {counted(config.model.labels, 'label')}" if config.model.labels else "")


def _first_words(
    config: Config, dataset: Dataset, guard: GuardMode, source: StartingPoint | None
) -> list[tuple[str, str | None]]:
    """What to tell the user before a training begins, each with its style."""
    words: list[tuple[str, str | None]] = [
        (word, None) for word in labels.warn_small(config, dataset)
    ]
    if source is not None:
        words.append((f"It begins from {source.in_words(config)}.", None))
    if guard != "off" and (warning := forewarn(config)):
        words.append((warning, "yellow"))
    return words


def _missing(config: Config, run: Run, state: State, judge: judging.Judge | None) -> str:
    """What remains to be done after the last step, as the end of a sentence; empty if nothing."""
    if judge is None:
        try:
            kept = read_card(run.best)
        except ImpastoError:  # missing, or damaged
            return "its last snapshot is not kept yet"
        # The last checkpoint is written before the last `best/`; a judged one stays.
        if kept.images != state.images and not kept.metrics:
            return "its last snapshot is not kept yet"
    elif all(row["images"] != state.images for row in read_lines(run.metrics)):
        return "its last judgement is missing"
    if not best_is_flat(config, run, state.images):
        return "the pattern of its best snapshot is not subtracted yet"
    return ""
