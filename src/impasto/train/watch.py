"""Which hooks run during a GAN training and how often; how long a judgement will take."""

from collections.abc import Callable
from contextlib import suppress

from torch.utils.tensorboard import SummaryWriter

from impasto.config import Config
from impasto.core.runs import Run, read_lines
from impasto.data.dataset import Dataset
from impasto.metrics.cache import LOOKING
from impasto.train import hooks, judging
from impasto.train.flattening import flattening_hooks
from impasto.train.guard import Alarm, Guard
from impasto.train.labels import counts
from impasto.train.loop import Hook, Stats
from impasto.train.progress import LiveLine
from impasto.train.stage import REST, Stage
from impasto.train.state import State

FIRST_SHEET, SHEETS_SHARE = 20.0, 0.05
"""Seconds until the first sheet; the share of the time that all of them may cost."""

FIRST_JUDGEMENT = {"painting": 1.0, "looking": 1.3, LOOKING.lower(): 1.3, REST: 0.2}
"""Relative cost of the parts of a judgement at 64² to 256², until one has been timed."""


AS_MUCH_AS = 1.0
"""Cost of judging one picture in training images, until a sheet has been timed: 0.4 to 2.6 in six
runs at 64²."""


def training_hooks(
    config: Config,
    dataset: Dataset,
    run: Run,
    events: SummaryWriter,
    live: LiveLine,
    judge: judging.Judge | None,
    guard: Guard | None,
    answer: Callable[[Alarm], None],
    stop: Callable[[], bool],
) -> list[Hook]:
    """All hooks of a training, in the order in which they run.

    Log lines are written before the checkpoint, so that a resumed run continues them. The judge
    comes after the checkpoint, so that nothing is lost if a long judgement is interrupted.

    Args:
        config: every knob.
        dataset: the pictures.
        run: where everything is written.
        events: TensorBoard's log.
        live: the line on the console.
        judge: what chooses `best/`; None to keep the latest.
        guard: reads the numbers; None to run without.
        answer: what to do with an alarm.
        stop: whether the user asked to stop, which also ends a judgement.
    """
    training = config.training
    watch = [] if guard is None else [hooks.guard_hook(run, guard, answer)]
    best = judging.best_hook(run, config, dataset, judge, events, watch)
    sheets = Stage("drawing a sheet", {"painting": 1.0})
    save_every = training.checkpoint_minutes * 60
    flatten = flattening_hooks(config, run, live, counts(config, dataset))

    def per_line(look: hooks.HookFunction, name: str) -> Hook:
        every = training.log_every
        return Hook(look, every_images=every, persist_as=name, skip_if_stopped=True)

    found = [
        per_line(hooks.stats_hook(run, events), "statistics"),
        *(per_line(look, "guard") for look in watch),
        flatten.last,
        _sheets(config, dataset, run, live, sheets),
        Hook(live.update, every_seconds=0.5),
        Hook(hooks.checkpoint_hook(run, config, dataset, guard), every_seconds=save_every),
        _judgements(best, config, dataset, run, live, judge, sheets, stop)
        if judge
        else Hook(best, every_seconds=save_every),
        flatten.best,
    ]
    return [hook for hook in found if hook is not None]


def _sheets(config: Config, dataset: Dataset, run: Run, live: LiveLine, stage: Stage) -> Hook:
    look = hooks.sheet_hook(run, config, dataset)

    def draw(state: State, stats: Stats) -> None:
        with live.stage(stage):
            look(state, stats)

    if (every := config.training.sample_every) is not None:
        return Hook(draw, every_images=every)
    share = SHEETS_SHARE
    return Hook(draw, first=FIRST_SHEET, every_seconds=60, thinning=1 / 60, max_time_fraction=share)


def _judgements(
    look: hooks.HookFunction,
    config: Config,
    dataset: Dataset,
    run: Run,
    live: LiveLine,
    judge: judging.Judge,
    sheets: Stage,
    stop: Callable[[], bool],
) -> Hook:
    """The judge's hook; a resumed one knows the last judgement and the cost of all.

    The cost of the first judgement is estimated from that of a sheet, or before the first sheet
    from the speed of training.
    """
    count = judge.count
    times = hooks.painted(config, count) / hooks.painted(config, hooks.SHEET)
    parts = dict(FIRST_JUDGEMENT)
    parts[LOOKING.lower()] *= min(1.0, len(dataset) / count)  # the set may be smaller
    more = times * sum(parts.values())
    judged = read_lines(run.metrics)
    costs = [judging.seconds_of(row) for row in judged]
    stage = Stage("judging", parts, once=LOOKING.lower())

    def cost_of_one(state: State) -> float:
        known = stage.costs or costs
        if known:
            return known[-1]
        if sheets.costs:
            return more * sheets.expected.get("painting", 0.0)
        speed = live.speed(state)
        return AS_MUCH_AS * count / speed if speed > 0 else 0.0

    def run_it(state: State, stats: Stats) -> None:
        stage.guess(cost_of_one(state))
        with suppress(InterruptedError), live.stage(stage, stop):
            look(state, stats)

    hook = Hook(
        run_it,
        every_images=config.training.judge_every,
        slow=True,
        max_time_fraction=config.training.judge_share,
        spent=sum(costs),
        saw=int(judged[-1]["images"]) if judged else None,
    )

    def left(state: State, seconds: float) -> float:
        return left_of(hook, cost_of_one(state), state, seconds, live.speed(state))

    live.stage_left = left
    return hook


def left_of(hook: Hook, cost: float, state: State, left: float, speed: float) -> float:
    """Seconds of judgements still to come.

    Args:
        hook: the judge.
        cost: seconds of one judgement.
        state: of the training.
        left: seconds of training left.
        speed: images a second.
    """
    by_images = speed * left / (hook.every_images or 1) * cost
    by_share = max(0.0, hook.max_time_fraction * (state.seconds + left) - hook.spent) + cost
    return max(cost, min(by_images, by_share))  # the last snapshot is always judged
