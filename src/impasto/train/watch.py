"""Everyone who looks on while a game is played, and what happens when the guard calls."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from torch.utils.tensorboard import SummaryWriter

from impasto.config import Config, change
from impasto.core.console import counted
from impasto.core.device import Device
from impasto.core.runs import Run, append_line, read_lines
from impasto.data.dataset import Dataset, split_rows
from impasto.data.loader import Batches
from impasto.errors import ImpastoError
from impasto.metrics.cache import LOOKING
from impasto.train import hooks, labels
from impasto.train.guard import MOST_RESCUES, Alarm, Guard, rescue
from impasto.train.loop import Hook, Length, NotFiniteError, Numbers, train
from impasto.train.progress import LiveLine
from impasto.train.schedule import set_rates
from impasto.train.stage import REST, Stage
from impasto.train.state import State
from impasto.train.steps import gan_state, gan_step

GuardMode = Literal["warn", "stop", "rescue", "off"]
"""Say what is wrong; stop there; go back and play on otherwise; look away."""


FIRST_SHEET, SHEETS_SHARE = 20.0, 0.05
"""Seconds until the first sheet; the share of the time that all of them may cost."""

FIRST_JUDGEMENT = {"painting": 1.0, "looking": 1.3, LOOKING.lower(): 1.3, REST: 0.2}
"""How the parts of a judgement compare at 64² to 256², until one was timed."""


AS_MUCH_AS = 1.0
"""Pictures that are trained on while one is judged, until a sheet was painted: 0.4 to 2.6 in six
runs at 64²."""


class Rescue(Exception):  # noqa: N818 — not an error: the way out of the loop
    """The guard wants to go back to the last healthy checkpoint."""

    def __init__(self, alarm: Alarm) -> None:
        super().__init__(alarm.words)
        self.alarm = alarm


@dataclass
class Watchers:
    """Plays a game to its end in one run directory, with hooks, guard and rescues."""

    dataset: Dataset
    run: Run
    events: SummaryWriter
    live: LiveLine
    judge: hooks.Judge | None
    mode: GuardMode

    def play(
        self, config: Config, state: State, device: Device, length: Length, stop: Callable[[], bool]
    ) -> Alarm | None:
        """Train `state` in place until `length`, `stop`, or an alarm, which is returned.

        Raises:
            ImpastoError: a number stopped being finite and no rescue is left.
        """
        while True:
            try:
                return self._play_once(config, state, device, length, stop)
            except Rescue as call:
                config = self._go_back(config, state, call.alarm)
            except NotFiniteError as error:
                if self.mode != "rescue" or len(read_lines(self.run.rescues)) >= MOST_RESCUES:
                    reason = _not_finite(error, self.run, state)
                    self.run.note(reason)  # said once, by whoever catches it, but kept here
                    raise ImpastoError(reason) from error
                alarm = Alarm("not-a-number", state.images, state.images, f"{error} is no number.")
                config = self._go_back(config, state, alarm)

    def _play_once(
        self, config: Config, state: State, device: Device, length: Length, stop: Callable[[], bool]
    ) -> Alarm | None:
        called: list[Alarm] = []

        def answer(alarm: Alarm) -> None:
            if not alarm.is_lost:
                return
            if self.mode == "stop":
                called.append(alarm)
            elif self.mode == "rescue" and len(read_lines(self.run.rescues)) < MOST_RESCUES:
                raise Rescue(alarm)

        batches = Batches(
            self.dataset.pictures,
            config.training.batch_size,
            config.training.seed,
            config.data.flip,
            config.data.sixfold,
            split_rows(len(self.dataset), config.data.hold_out)[0],
            labels.numbers(self.dataset) if config.model.labels else None,
            config.data.replacement,
        )
        train(
            state,
            gan_step(config, device, batches.labels if config.model.labels else None),
            batches,
            self._hooks(config, state, answer, stop),
            length,
            lambda: stop() or bool(called),
        )
        return called[0] if called else None

    def _hooks(
        self,
        config: Config,
        state: State,
        answer: Callable[[Alarm], None],
        stop: Callable[[], bool],
    ) -> list[Hook]:
        """Everyone who looks on, in this order: a checkpoint vouches for the lines before it.

        The judge comes last, since what is saved before it cannot be lost while it takes its time.
        """
        run, training = self.run, config.training
        guard = None if self.mode == "off" else recall(config, run, state.images)
        checkpoint = hooks.write_checkpoint(run, config, self.dataset, guard)
        watch = [] if guard is None else [hooks.stand_guard(run, guard, answer)]
        best = hooks.keep_best(run, config, self.dataset, self.judge, self.events, watch)
        sheets = Stage("drawing a sheet", {"painting": 1.0})
        often = training.checkpoint_minutes * 60  # without a judge, as often as it is saved
        return [
            Hook(hooks.write_stats(run, self.events), images=training.log_every, name="statistics"),
            *(Hook(look, images=training.log_every, name="guard") for look in watch),
            self._sheets(config, sheets),
            Hook(self.live.look, seconds=0.5),
            Hook(checkpoint, seconds=often),
            self._judging(best, config, sheets, stop) if self.judge else Hook(best, seconds=often),
        ]

    def _sheets(self, config: Config, stage: Stage) -> Hook:
        look = hooks.draw_sheet(self.run, config, self.dataset)

        def draw(state: State, numbers: Numbers) -> None:
            with self.live.stage(stage):
                look(state, numbers)

        if (every := config.training.sample_every) is not None:
            return Hook(draw, images=every)
        return Hook(draw, first=FIRST_SHEET, seconds=60, thinning=1 / 60, share=SHEETS_SHARE)

    def _judging(
        self, look: hooks.Look, config: Config, sheets: Stage, stop: Callable[[], bool]
    ) -> Hook:
        """As if nothing had interrupted it: it knows what was judged last, and what that cost.

        What the first will cost is guessed from what painting a sheet did, and before that from
        the training's own speed.
        """
        assert self.judge is not None
        count = self.judge.count
        times = hooks.painted(config, count) / hooks.painted(config, hooks.SHEET)
        parts = dict(FIRST_JUDGEMENT)
        parts[LOOKING.lower()] *= min(1.0, len(self.dataset) / count)  # they may be fewer
        more = times * sum(parts.values())
        judged = read_lines(self.run.metrics)
        costs = [hooks.seconds_of(row) for row in judged]
        stage = Stage("judging", parts, once=LOOKING.lower())

        def cost_of_one(state: State) -> float:
            known = stage.costs or costs
            if known:
                return known[-1]
            if sheets.costs:
                return more * sheets.expected.get("painting", 0.0)
            speed = self.live.speed(state)
            return AS_MUCH_AS * count / speed if speed > 0 else 0.0

        def run(state: State, numbers: Numbers) -> None:
            stage.guess(cost_of_one(state))
            with suppress(InterruptedError), self.live.stage(stage, stop):
                look(state, numbers)

        hook = Hook(
            run,
            images=config.training.judge_every,
            slow=True,
            share=config.training.judge_share,
            spent=sum(costs),
            saw=judged[-1]["images"] if judged else None,
        )

        def left(state: State, seconds: float) -> float:
            return left_of(hook, cost_of_one(state), state, seconds, self.live.speed(state))

        self.live.stage_left = left
        return hook

    def _go_back(self, config: Config, state: State, alarm: Alarm) -> Config:
        """Restore the last healthy checkpoint, change what `guard.rescue` says, and log it."""
        healthy = recall(config, self.run, alarm.images).healthy_at
        changes = rescue(config, alarm.kind)
        seconds = state.seconds  # time that went by is not given back
        self._restore(config, state, min(healthy, alarm.since))
        state.seconds = seconds
        changed = change(config, changes, "The guard's rescue")
        set_rates(state, changed)
        row = {"images": state.images, "after": alarm.images, "kind": alarm.kind}
        append_line(self.run.rescues, row | {"changes": changes})
        self.run.forget_after(state.images)
        said = ", ".join(f"{knob} = {value}" for knob, value in changes.items())
        self.run.tell(
            f"Back to {counted(state.images, 'image')}, and on with {said}.", style="yellow"
        )
        return changed

    def _restore(self, config: Config, state: State, healthy: int) -> None:
        good = self.run.checkpoints_until(healthy)
        for path in self.run.checkpoints():
            if path not in good:
                path.unlink()  # of the lost game: a resumed run must not find it
        if good:
            state.restore(good[-1])
            return
        not_from_nothing(self.run)
        fresh = gan_state(config, state.device)
        state.networks, state.optimisers = fresh.networks, fresh.optimisers
        state.averages, state.memory = fresh.averages, fresh.memory
        state.tallies = fresh.tallies
        state.images = state.steps = 0


def left_of(hook: Hook, cost: float, state: State, left: float, speed: float) -> float:
    """Seconds that judgements will still take.

    Args:
        hook: the judge.
        cost: seconds of one judgement.
        state: how far the training is.
        left: seconds of training that are left.
        speed: images a second.
    """
    by_images = speed * left / (hook.images or 1) * cost
    by_share = max(0.0, hook.share * (state.seconds + left) - hook.spent) + cost
    return max(cost, min(by_images, by_share))  # the last snapshot is always judged


def recall(config: Config, run: Run, images: int) -> Guard:
    """A guard that has read the log until `images`: a resumed one knows what it knew."""
    guard = Guard(config)
    lines = [*read_lines(run.stats), *read_lines(run.metrics)]
    rows = sorted(lines, key=lambda row: int(row["images"]))
    for row in rows:
        if row["images"] <= images:
            guard.see(row["images"], row)
    return guard


def after_rescues(config: Config, run: Run) -> Config:
    """The knobs as the guard has left them."""
    for row in read_lines(run.rescues):
        changes: dict[str, Any] = row["changes"]
        config = change(config, changes, str(run.rescues))
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


def not_from_nothing(run: Run) -> None:
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
        f"{error} stopped being a number at {state.images:,} images, so the training stopped too; "
        f"{good}. Lower a learning rate (--set optimiser.g_lr=…) under another --out, or try "
        "--precision fp32."
    )
