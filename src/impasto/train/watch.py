"""Which hooks run during a GAN training, how often, and how long a judgement will pause it."""

from collections.abc import Callable
from contextlib import suppress

from torch.utils.tensorboard import SummaryWriter

from impasto.config import Config
from impasto.core.runs import Run, read_lines
from impasto.data.dataset import Dataset
from impasto.metrics.cache import LOOKING
from impasto.train import hooks
from impasto.train.flattening import flattening
from impasto.train.guard import Alarm, Guard
from impasto.train.labels import counts
from impasto.train.loop import Hook, Stats
from impasto.train.progress import LiveLine
from impasto.train.stage import REST, Stage
from impasto.train.state import State

FIRST_SHEET, SHEETS_SHARE = 20.0, 0.05
"""Seconds until the first sheet; the share of the time that all of them may cost."""

FIRST_JUDGEMENT = {"painting": 1.0, "looking": 1.3, LOOKING.lower(): 1.3, REST: 0.2}
"""How the parts of a judgement compare at 64² to 256², until one was timed."""


AS_MUCH_AS = 1.0
"""Pictures that are trained on while one is judged, until a sheet was painted: 0.4 to 2.6 in six
runs at 64²."""


def onlookers(
    config: Config,
    dataset: Dataset,
    run: Run,
    events: SummaryWriter,
    live: LiveLine,
    judge: hooks.Judge | None,
    guard: Guard | None,
    answer: Callable[[Alarm], None],
    stop: Callable[[], bool],
) -> list[Hook]:
    """Everyone who looks on, in this order: a checkpoint vouches for the lines before it.

    The judge comes last, since what is saved before it cannot be lost while it takes its time.

    Args:
        config: every knob.
        dataset: the pictures.
        run: where everything is written.
        events: TensorBoard's log.
        live: the line on the console.
        judge: what chooses `best/`; None to keep the latest.
        guard: what reads the numbers; None for nobody.
        answer: what to do when it calls.
        stop: whether somebody asked to stop, for a judgement that is under way.
    """
    training = config.training
    watch = [] if guard is None else [hooks.stand_guard(run, guard, answer)]
    best = hooks.keep_best(run, config, dataset, judge, events, watch)
    sheets = Stage("drawing a sheet", {"painting": 1.0})
    often = training.checkpoint_minutes * 60  # without a judge, as often as it is saved
    statistics = hooks.write_stats(run, events)
    flatten = flattening(config, run, live, counts(config, dataset))
    return [
        Hook(statistics, every_images=training.log_every, persist_as="statistics"),
        *(Hook(look, every_images=training.log_every, persist_as="guard") for look in watch),
        *flatten[:1],
        _draw_sheets(config, dataset, run, live, sheets),
        Hook(live.update, every_seconds=0.5),
        Hook(hooks.write_checkpoint(run, config, dataset, guard), every_seconds=often),
        _judge_now_and_then(best, config, dataset, run, live, judge, sheets, stop)
        if judge
        else Hook(best, every_seconds=often),
        *flatten[1:],
    ]


def _draw_sheets(config: Config, dataset: Dataset, run: Run, live: LiveLine, stage: Stage) -> Hook:
    look = hooks.draw_sheet(run, config, dataset)

    def draw(state: State, stats: Stats) -> None:
        with live.stage(stage):
            look(state, stats)

    if (every := config.training.sample_every) is not None:
        return Hook(draw, every_images=every)
    share = SHEETS_SHARE
    return Hook(draw, first=FIRST_SHEET, every_seconds=60, thinning=1 / 60, max_time_fraction=share)


def _judge_now_and_then(
    look: hooks.Look,
    config: Config,
    dataset: Dataset,
    run: Run,
    live: LiveLine,
    judge: hooks.Judge,
    sheets: Stage,
    stop: Callable[[], bool],
) -> Hook:
    """As if nothing had interrupted it: it knows what was judged last, and what that cost.

    What the first will cost is guessed from what painting a sheet did, and before that from the
    training's own speed.
    """
    count = judge.count
    times = hooks.painted(config, count) / hooks.painted(config, hooks.SHEET)
    parts = dict(FIRST_JUDGEMENT)
    parts[LOOKING.lower()] *= min(1.0, len(dataset) / count)  # they may be fewer
    more = times * sum(parts.values())
    judged = read_lines(run.metrics)
    costs = [hooks.seconds_of(row) for row in judged]
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
    """Seconds that judgements will still take.

    Args:
        hook: the judge.
        cost: seconds of one judgement.
        state: how far the training is.
        left: seconds of training that are left.
        speed: images a second.
    """
    by_images = speed * left / (hook.every_images or 1) * cost
    by_share = max(0.0, hook.max_time_fraction * (state.seconds + left) - hook.spent) + cost
    return max(cost, min(by_images, by_share))  # the last snapshot is always judged
