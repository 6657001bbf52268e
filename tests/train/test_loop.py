"""The one loop: counting, means, hooks, and numbers that stop being numbers."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from impasto.core import clock
from impasto.data.loader import Batches
from impasto.train.loop import Hook, Length, NotFiniteError, train
from impasto.train.state import State


def make_state() -> State:
    return State(torch.device("cpu"), {"net": torch.nn.Linear(1, 1)}, {})


def make_batches(batch: int = 4) -> Batches:
    return Batches(np.zeros((10, 2, 2, 3), np.uint8), batch, seed=0)


def constant(**numbers: float):
    return lambda _state, _batch: {name: torch.tensor(value) for name, value in numbers.items()}


def test_length_is_counted_in_images_and_rounded_up_to_whole_batches():
    state = make_state()
    train(state, constant(loss=1.0), make_batches(4), [], Length(images=10))
    assert (state.images, state.steps) == (12, 3)


def test_a_step_knows_how_much_of_the_training_is_done():
    shares = []
    state = make_state()
    step = constant(loss=1.0)
    train(
        state,
        lambda state, batch: (shares.append(state.share), step(state, batch))[1],
        make_batches(4),
        [],
        Length(images=16),
    )
    assert shares == [0.0, 0.25, 0.5, 0.75]


def test_a_finished_training_takes_no_further_step():
    state = make_state()
    state.images = 12
    train(state, constant(loss=1.0), make_batches(4), [], Length(images=10))
    assert state.steps == 0


def test_length_in_seconds_counts_earlier_parts_of_the_run():
    state = make_state()
    state.seconds = 60.0
    train(state, constant(loss=1.0), make_batches(), [], Length(seconds=60.0))
    assert state.steps == 0


def test_a_hook_gets_the_mean_since_it_last_ran_and_not_the_last_value():
    values = iter([1.0, 3.0, 10.0, 20.0])
    seen = []
    hook = Hook(lambda state, means: seen.append((state.images, means["loss"])), every_images=8)
    train(
        make_state(),
        lambda _s, _b: {"loss": torch.tensor(next(values))},
        make_batches(4),
        [hook],
        Length(images=16),
    )
    assert seen == [(8, 2.0), (16, 15.0)]


def test_a_number_that_only_some_steps_report_is_averaged_over_those():
    steps = iter([{"d": 1.0}, {"d": 3.0, "g": 5.0}])
    seen = []
    hook = Hook(lambda _state, means: seen.append(means), every_images=8)
    train(
        make_state(),
        lambda _s, _b: {name: torch.tensor(value) for name, value in next(steps).items()},
        make_batches(4),
        [hook],
        Length(images=8),
    )
    assert seen == [{"d": 2.0, "g": 5.0}]


def test_every_hook_sees_the_end_once():
    seen = []
    hooks = [
        Hook(lambda state, _: seen.append(("rare", state.images)), every_images=1_000),
        Hook(lambda state, _: seen.append(("due", state.images)), every_images=8),
        Hook(lambda state, _: seen.append(("never", state.images))),
    ]
    train(make_state(), constant(loss=0.0), make_batches(4), hooks, Length(images=8))
    assert seen == [("rare", 8), ("due", 8), ("never", 8)]  # once, in their order


@pytest.mark.parametrize("begun", [0, 8])
def test_at_the_end_hooks_run_in_their_order_also_those_that_are_due(begun):
    """`best` flattens what `judge` has chosen; a judgement that is not due comes at the end too."""
    seen: list[str] = []

    def named(name: str, **how: object) -> Hook:
        return Hook(lambda *_: seen.append(name), slow=True, **how)

    hooks = [
        named("last", only_at_end=True),
        named("judge", every_images=6),
        named("best", only_at_end=True),
    ]
    state = make_state()
    state.images = begun  # 8: killed between its last step and its last hooks
    train(state, constant(loss=0.0), make_batches(4), hooks, Length(images=8))
    assert seen == ["last", "judge", "best"]


def by_hand(monkeypatch, now: float):
    """A clock in the test's hands, and a step that takes a second of it."""
    time = {"now": now}
    monkeypatch.setattr(clock, "now", lambda: time["now"])

    def a_second(_state, _batch):
        time["now"] += 1.0
        return {"loss": torch.tensor(0.0)}

    return time, a_second


def test_a_hook_whose_own_time_would_end_the_training_sees_the_end_after_another_step(monkeypatch):
    time, a_second = by_hand(monkeypatch, 0.0)

    def save(state, _):
        seen.append(("save", state.images))
        time["now"] += 2.0

    seen: list[tuple[str, int]] = []
    hooks = [
        Hook(lambda state, _: seen.append(("flatten", state.images)), only_at_end=True),
        Hook(save, every_images=16),
    ]
    train(make_state(), a_second, make_batches(4), hooks, Length(seconds=5))
    assert seen == [("save", 16), ("flatten", 20), ("save", 20)]


def test_hooks_keep_their_rhythm_when_a_run_goes_on():
    seen = []
    state = make_state()
    state.images = 12
    hook = Hook(lambda state, _: seen.append(state.images), every_images=10)
    train(state, constant(loss=0.0), make_batches(4), [hook], Length(images=32))
    assert seen == [20, 32]  # passes 20 at 20; 30 at 32


def test_stop_ends_after_the_step_and_still_fires_the_hooks():
    state, seen = make_state(), []
    hook = Hook(lambda state, _: seen.append(state.images))
    train(
        state, constant(loss=0.0), make_batches(4), [hook], Length(), stop=lambda: state.steps == 3
    )
    assert seen == [12]


def test_stopped_it_leaves_out_what_takes_its_time():
    state, seen = make_state(), []
    hooks = [
        Hook(lambda state, _: seen.append(("save", state.images))),
        Hook(lambda state, _: seen.append(("judge", state.images)), slow=True),
    ]
    numbers = constant(loss=0.0)
    train(state, numbers, make_batches(4), hooks, Length(), stop=lambda: state.steps == 3)
    assert seen == [("save", 12)]
    train(state, numbers, make_batches(4), hooks, Length(images=16))
    assert seen[1:] == [("save", 16), ("judge", 16)]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_stops_at_once_and_no_hook_sees_it(value: float):
    seen = []
    steps = iter([1.0, value])
    hook = Hook(lambda state, _: seen.append(state.images), every_images=4)
    state = make_state()
    with pytest.raises(NotFiniteError, match="loss"):
        train(
            state,
            lambda _s, _b: {"loss": torch.tensor(next(steps))},
            make_batches(4),
            [hook],
            Length(images=100),
        )
    assert seen == [4]
    assert state.images == 8


def test_where_numbers_are_read_seldom_the_last_are_read_before_anybody_looks():
    seen = []
    steps = iter([1.0, 1.0, float("nan")])
    state = make_state()
    state.device = torch.device("meta")
    batches = SimpleNamespace(batch=4, tensor=lambda *_: torch.empty(0))
    with pytest.raises(NotFiniteError, match="loss"):
        train(
            state,
            lambda _s, _b: {"loss": torch.tensor(next(steps))},
            batches,
            [Hook(lambda state, _: seen.append(state.images), every_images=100)],
            Length(images=12),
        )
    assert seen == []


def test_means_go_on_where_a_saved_training_left_them(tmp_path):
    """A line of the statistics is the same whether or not somebody killed the training before."""

    def lines(state: State, values: list[float], images: int) -> list[tuple[int, float]]:
        seen: list[tuple[int, float]] = []
        left = iter(values)
        hooks = [
            Hook(
                lambda state, means: seen.append((state.images, means["loss"])) if means else None,
                every_images=16,
                persist_as="statistics",
                skip_if_stopped=True,
            ),
            Hook(lambda state, _: state.save(tmp_path / f"{state.images}.pt", {}), every_images=4),
        ]

        def step(_state, _batch):
            return {"loss": torch.tensor(next(left))}

        train(state, step, make_batches(4), hooks, Length(images=images), stop=lambda: not values)
        return seen

    values = [1.0, 3.0, 10.0, 20.0, 7.0]
    whole = lines(make_state(), values, 20)
    assert whole == [(16, 8.5), (20, 7.0)]
    state = make_state()
    state.restore(tmp_path / "8.pt")
    assert lines(state, values[2:], 20) == whole


def test_a_stop_cuts_no_mean_in_two():
    state, seen = make_state(), []
    hook = Hook(
        lambda state, _: seen.append(state.images),
        every_images=16,
        persist_as="statistics",
        skip_if_stopped=True,
    )
    step, batches = constant(loss=0.0), make_batches(4)
    train(state, step, batches, [hook], Length(images=32), stop=lambda: state.steps == 2)
    assert seen == []
    assert state.tallies["statistics"].counts == {"loss": 2}


def slow_hook(seen: list[int], **more: int) -> Hook:
    return Hook(lambda state, _: seen.append(state.images), every_images=8, slow=True, **more)


def test_what_was_due_when_the_training_was_saved_and_not_done_comes_first():
    seen: list[int] = []
    state = make_state()
    state.images = 8  # saved, and then killed in the middle of a judgement
    train(state, constant(loss=0.0), make_batches(4), [slow_hook(seen)], Length(images=16))
    assert seen == [8, 16]
    done = make_state()
    done.images = 16  # trained to its end, and killed in its last judgement
    train(done, constant(loss=0.0), make_batches(4), [slow_hook(seen)], Length(images=16))
    assert seen == [8, 16, 16]


def test_what_was_done_is_not_done_again():
    seen: list[int] = []
    state = make_state()
    state.images = 8
    hooks = [slow_hook(seen, saw=8)]
    train(state, constant(loss=0.0), make_batches(4), hooks, Length(images=12))
    assert seen == [12]


def test_by_the_clock_it_comes_early_once_and_then_regularly_and_later_more_rarely(monkeypatch):
    _, a_second = by_hand(monkeypatch, 100.0)

    seen: list[float] = []
    hook = Hook(
        lambda state, _: seen.append(state.seconds), first=20, every_seconds=60, thinning=0.5
    )
    train(make_state(), a_second, make_batches(4), [hook], Length(seconds=300))
    assert seen == [20.0, 80.0, 160.0, 300.0]


def test_a_pause_of_the_process_is_no_time_of_training(monkeypatch):
    paused = {"now": 0.0}
    monkeypatch.setattr(clock, "now", lambda: paused["now"])

    def step(_state, _batch):
        paused["now"] += 0.5
        return {"loss": torch.tensor(0.0)}

    state = make_state()
    train(state, step, make_batches(4), [], Length(seconds=5))
    assert (state.steps, state.seconds) == (10, 5.0)
