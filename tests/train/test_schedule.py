"""Turns of the generator, and rates on their way, against the schedules written out."""

import pytest
import torch

from impasto.config import change
from impasto.train.schedule import (
    COOLEST,
    cooled,
    dinov2_looks,
    fallen,
    generator_turn,
    has_schedule,
    penalty_weight,
    set_rates,
)
from impasto.train.steps import gan_state


def written_out(rounds: int, steps: int) -> list[bool]:
    """The loop of WGAN's code: how many discriminator steps come before each generator step."""
    turns: list[bool] = []
    for number in range(rounds):
        long = number < 25 or number % 500 == 0
        count = 100 if long else steps
        turns += [False] * (count - 1) + [True]
    return turns


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("every", [1, 2, 3, 4])
def test_the_second_critic_acts_in_one_of_so_many_rounds_with_the_generators_turn(
    count, every, tiny
):
    config = change(tiny, {"model.dinov2_every": every, "loss.discriminator_steps": count})
    steps = range(count * every * 10)
    looks = [step for step in steps if dinov2_looks(step, config)]
    assert len(looks) == 10 * count
    assert sum(generator_turn(step, count, False) for step in looks) == 10
    if count == 1:
        assert looks == [step for step in steps if step % every == 0]


def test_without_a_second_critic_it_never_acts(tiny):
    assert not any(dinov2_looks(step, tiny) for step in range(10))


def test_warm_up_is_that_of_the_published_code():
    turns = written_out(1600, 5)
    assert [generator_turn(step, 5, True) for step in range(len(turns))] == turns


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_without_warm_up_every_nth_step_is_the_generators(steps):
    turns = [generator_turn(step, steps, False) for step in range(20)]
    assert turns == [(step + 1) % steps == 0 for step in range(20)]


def test_a_value_falls_along_half_a_cosine_and_stays():
    assert fallen(2.0, 0.2, 0, 100) == pytest.approx(2.0)
    assert fallen(2.0, 0.2, 50, 100) == pytest.approx(1.1)
    assert fallen(2.0, 0.2, 100, 100) == pytest.approx(0.2)
    assert fallen(2.0, 0.2, 1_000, 100) == pytest.approx(0.2)
    assert fallen(2.0, 0.2, 50, None) == 2.0


def test_rates_second_moment_and_penalty_move_together(tiny):
    config = change(
        tiny,
        {
            "optimiser.decay_images": 1000,
            "optimiser.lr_fall": 0.25,
            "optimiser.beta2_end": 0.99,
            "optimiser.beta2": 0.9,
            "loss.r1": 2.0,
            "loss.penalty_fall": 0.1,
        },
    )
    state = gan_state(config, torch.device("cpu"))
    state.images = 1000
    set_rates(state, config)
    for name, rate in (
        ("generator", config.optimiser.g_lr),
        ("discriminator", config.optimiser.d_lr),
    ):
        (group,) = state.optimisers[name].param_groups
        assert group["lr"] == pytest.approx(rate / 4)
        assert group["betas"][1] == pytest.approx(0.99)
    assert penalty_weight(state, config) == pytest.approx(0.1)


def test_rates_cool_down_on_a_line_from_the_share_asked_for(tiny):
    assert [cooled(share, 0.5) for share in (0, 0.5)] == [1.0, 1.0]
    assert cooled(0.75, 0.5) == pytest.approx((1 + COOLEST) / 2)
    assert cooled(1.0, 0.5) == pytest.approx(COOLEST)
    assert cooled(1.0, None) == 1.0
    config = change(tiny, {"optimiser.cool_from": 0.5})
    assert has_schedule(config)
    assert not has_schedule(change(tiny, {"optimiser.cool_from": None}))
    state = gan_state(config, torch.device("cpu"))
    for share, left in ((0.2, 1.0), (1.0, COOLEST), (0.4, 1.0)):  # longer trainings warm up again
        state.share = share
        set_rates(state, config)
        (group,) = state.optimisers["generator"].param_groups
        assert group["lr"] == pytest.approx(config.optimiser.g_lr * left)
