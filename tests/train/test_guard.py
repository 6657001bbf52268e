"""The guard on written-out trainings: when it calls, when it keeps quiet, what it says."""

import json
import random
import statistics
import time
from pathlib import Path

import pytest
import torch

from impasto import recipes
from impasto.config import change
from impasto.train.flattening import EACH, LEAST_SAMPLES
from impasto.train.guard import (
    GRACE_MOST,
    MOST_RESCUES,
    SLOW,
    Alarm,
    Guard,
    forewarn,
    rescue_changes,
)

CURVES = json.loads(Path("docs/measured/curves-64.json").read_text(encoding="utf-8"))


def course(guard: Guard, rows: list[dict[str, float]], start: int = 0) -> list[Alarm]:
    """Read one line every 1,000 images."""
    alarms = [guard.see(start + 1000 * (n + 1), row) for n, row in enumerate(rows)]
    return [alarm for alarm in alarms if alarm]


def healthy(**other: float) -> dict[str, float]:
    row = {"variety": 0.8, "win_rate": 0.9, "d_loss": 0.6, "g_loss": 2.0, "g_gradient": 1.0}
    return row | other


@pytest.fixture
def guard() -> Guard:
    return Guard(recipes.load("dcgan-tutorial-64"))


def test_a_healthy_training_raises_no_alarm(guard):
    assert course(guard, [healthy() for _ in range(200)]) == []
    assert guard.healthy_at == 200_000


def test_the_first_grey_images_raise_no_alarm(guard):
    assert course(guard, [healthy(variety=0.02)] * 5 + [healthy()] * 20) == []


def test_samples_that_do_not_differ_yet_are_told_after_the_grace_as_a_slow_start(guard):
    (alarm,) = course(guard, [healthy(variety=0.02)] * 40)
    assert alarm.kind == "not-begun"
    assert not alarm.is_lost
    assert "After 22,000 images" in alarm.words
    assert guard.grace == GRACE_MOST  # 200 steps of 128 would be more
    assert guard.grace <= alarm.since < alarm.images <= guard.grace + 5_000


def test_samples_that_never_come_to_differ_are_a_collapse_in_the_end(guard):
    slow, never = course(guard, [healthy(variety=0.02)] * 80)
    assert (slow.kind, never.kind) == ("not-begun", "collapsed")
    assert never.is_lost
    assert SLOW * guard.grace <= never.since < never.images <= SLOW * guard.grace * 1.2
    assert "have never been more varied" in never.words


def test_a_slow_start_that_begins_after_all_is_never_called_a_collapse(guard):
    rows = [healthy(variety=0.02)] * 35 + [healthy()] * 30 + [healthy(variety=0.02)] * 10
    slow, lost = course(guard, rows)
    assert slow.kind == "not-begun"
    assert (lost.kind, lost.since) == ("collapsed", 66_000)


def test_small_batches_come_to_differ_sooner():
    grace = {name: Guard(recipes.load(name)).grace for name in ("quick-64", "colour-field-3")}
    assert grace == {"quick-64": 5_000, "colour-field-3": 12_800}


def test_a_collapse_is_told_within_a_fifth_of_the_images_and_only_once(guard):
    rows = [healthy()] * 50 + [healthy(variety=0.1)] * 50
    (alarm,) = course(guard, rows)
    assert alarm.since == 51_000
    assert alarm.images <= 51_000 * 1.2
    assert "90% less varied" in alarm.words
    assert "since image 51,000" in alarm.words
    assert guard.healthy_at == 50_000


def test_a_dip_of_two_readings_is_forgiven(guard):
    rows = ([healthy()] * 5 + [healthy(variety=0.1)] * 2) * 10
    assert course(guard, rows) == []


def test_after_a_recovery_the_next_collapse_is_told_again(guard):
    once = [healthy()] * 10 + [healthy(variety=0.1)] * 10
    assert len(course(guard, once * 2)) == 2


def test_a_discriminator_that_has_won_is_told_with_its_numbers(guard):
    (alarm,) = course(guard, [healthy()] * 20 + [healthy(win_rate=1.0, d_loss=0.004)] * 10)
    assert alarm.kind == "won"
    assert "loss is 0.004" in alarm.words
    assert "ranks 100.0% of pairs" in alarm.words  # a share of pairs, not of samples


def test_a_strong_discriminator_whose_loss_still_teaches_has_not_won(guard):
    assert course(guard, [healthy(win_rate=0.999, d_loss=0.2)] * 50) == []


def test_a_wasserstein_discriminator_may_win():
    guard = Guard(recipes.load("wgan-gp-64"))
    assert course(guard, [healthy(win_rate=1.0, d_loss=-9.0)] * 50) == []


def test_a_vanished_gradient_is_told(guard):
    (alarm,) = course(guard, [healthy()] * 20 + [healthy(g_gradient=1e-4)] * 10)
    assert alarm.kind == "vanished"
    assert "0.01%" in alarm.words


def test_memorisation_is_told(guard):
    (alarm,) = course(guard, [healthy(copies=0.01)] * 5 + [healthy(copies=0.5)] * 5)
    assert alarm.kind == "memorised"
    assert "50% of the samples are copies" in alarm.words


def test_a_set_full_of_twins_is_not_learnt_by_heart(guard):
    assert course(guard, [healthy(copies=0.5, copies_expected=0.4)] * 20) == []


def test_numbers_that_a_step_does_not_report_are_no_sign(guard):
    assert course(guard, [{"d_loss": 1.0}] * 50) == []


def test_an_unbounded_wasserstein_game_is_forewarned_and_no_other():
    warned = [name for name in recipes.names() if forewarn(recipes.load(name))]
    assert warned == ["artists-wgan-128"]


def test_a_rescue_slows_the_discriminator_and_adds_what_was_missing():
    config = recipes.load("dcgan-tutorial-64")
    first = change(config, rescue_changes(config, "collapsed"))
    assert first.optimiser.d_lr == config.optimiser.d_lr / 2
    assert first.augment.policy == ("colour", "translation", "cutout")
    assert first.loss.r1 == 1
    second = change(first, rescue_changes(first, "won"))
    assert second.optimiser.d_lr == config.optimiser.d_lr / 4
    assert second.loss.r1 == 10


def test_pictures_learnt_by_heart_are_augmented_in_every_way():
    config = change(recipes.load("impasto-64"), {"augment.policy": ["dihedral", "colour"]})
    rescued = change(config, rescue_changes(config, "memorised"))
    assert rescued.augment.policy == ("dihedral", "colour", "translation", "cutout")
    assert "augment.policy" not in rescue_changes(config, "collapsed")  # it has some: leave it be


def test_a_rescue_of_a_wasserstein_game_adds_no_penalty_of_another():
    config = recipes.load("wgan-clip-64")
    assert change(config, rescue_changes(config, "collapsed")).loss.r1 == 0


@pytest.mark.parametrize("name", recipes.names())
@pytest.mark.parametrize("kind", ["collapsed", "won", "vanished", "memorised", "not-a-number"])
def test_every_recipe_can_be_rescued_three_times_from_anything(name, kind):
    config = recipes.load(name)
    for _ in range(MOST_RESCUES):
        rescued = change(config, rescue_changes(config, kind))
        assert rescued.optimiser.d_lr < config.optimiser.d_lr
        config = rescued


def test_a_number_that_is_none_slows_both():
    config = recipes.load("dcgan-tutorial-64")
    rescued = change(config, rescue_changes(config, "not-a-number"))
    assert rescued.optimiser.g_lr == config.optimiser.g_lr / 2
    assert rescued.optimiser.d_lr == config.optimiser.d_lr / 2
    assert rescued.augment.policy == ()


def test_the_usual_gradient_is_the_median_and_costs_no_sorting(guard):
    drawn = [random.Random(seed).random() for seed in range(999)]
    for count, value in enumerate(drawn, 1):
        guard.see(1000 * count, {"g_gradient": value})
        if count in (1, 2, 7, 8, 999):
            assert guard._usual_gradient == statistics.median(drawn[:count])
    began = time.process_time()
    for count in range(1000, 31_000):
        guard.see(1000 * count, {"g_gradient": drawn[count % 999]})
    assert time.process_time() - began < 20  # sorted anew at each line: minutes


def judged(kid: float, **other: float) -> dict[str, float]:
    return {"kid": kid, "kid_error": 0.005, "stamp": 0.1, "stamp_levels": 0.5} | other


STAMPED = {"stamp": 0.93, "stamp_levels": 2.3, "stamp_expected": 0.02}


def test_a_pattern_on_all_samples_is_told_with_the_way_out_and_ends_nothing(guard):
    alarms = course(guard, [judged(0.3 - n / 100, **STAMPED) for n in range(10)])
    assert [alarm.kind for alarm in alarms] == ["stamped"]
    assert not alarms[0].is_lost
    assert "share 93% of their mean's detail, 2.3 grey levels strong" in alarms[0].words
    assert "loss.stamp=100" in alarms[0].words
    assert guard.healthy_at == 10_000


def test_where_the_pattern_is_taken_off_at_the_end_no_other_run_is_advised():
    config = change(recipes.load("impasto-64"), {"model.flat_field": True})
    alarms = course(Guard(config), [judged(0.3 - n / 100, **STAMPED) for n in range(10)])
    assert "it is subtracted if most samples have it (model.flat_field)" in alarms[0].words
    assert f"after {EACH * LEAST_SAMPLES:,} images or more" in alarms[0].words
    assert "loss.stamp" not in alarms[0].words


def test_no_knob_is_advised_that_the_architecture_ignores(guard):
    (alarm,) = course(guard, [judged(0.3 - n / 100, **STAMPED) for n in range(10)])
    assert "model.noise" not in alarm.words
    assert "loss.stamp=100; more images alone" in alarm.words
    alarms = course(
        Guard(change(recipes.load("impasto-64"), {"model.flat_field": False})),
        [judged(0.3 - n / 100, **STAMPED) for n in range(10)],
    )
    assert "loss.stamp=100, model.noise=true, model.edges=replicate; more" in alarms[0].words


@pytest.mark.parametrize(
    "other",
    [
        {"stamp": 0.93, "stamp_levels": 0.4},  # far below what an eye sees
        {"stamp": 0.5, "stamp_levels": 2.0},
        {"stamp": 0.95, "stamp_levels": 3.0, "stamp_expected": 0.4},  # originals share one too
        STAMPED | {"variety": 0.1},  # all samples are one picture: another alarm's
    ],
)
def test_what_is_faint_or_the_originals_own_is_no_stamp(guard, other):
    alarms = course(guard, [judged(0.3 - n / 100, **other) for n in range(10)])
    assert "stamped" not in [alarm.kind for alarm in alarms]


def sure_of_all(**other: float) -> dict[str, float]:
    return healthy(win_rate=0.999, d_loss=0.4, **other)


def test_a_discriminator_that_is_sure_while_kid_stands_still_is_told():
    guard = Guard(recipes.load("impasto-64"))
    rows = [healthy(d_loss=1.5), judged(0.2)] + [sure_of_all(), judged(0.2)] * 8
    (alarm,) = course(guard, rows)
    assert alarm.kind == "stuck"
    assert not alarm.is_lost
    assert "KID has not fallen below 0.200 since image 2,000" in alarm.words
    assert "at 20% of the loss of guessing" in alarm.words  # hinge: 2
    assert "optimiser.d_lr" in alarm.words


def test_a_sure_discriminator_is_no_matter_while_kid_falls():
    guard = Guard(recipes.load("impasto-64"))
    rows = [row for n in range(10) for row in (sure_of_all(), judged(0.3 - n / 50))]
    assert course(guard, rows) == []


def test_kid_that_stands_still_is_no_matter_while_the_discriminator_doubts():
    guard = Guard(recipes.load("impasto-64"))
    rows = [row for _ in range(10) for row in (healthy(win_rate=0.999, d_loss=1.4), judged(0.2))]
    assert course(guard, rows) == []


def test_the_loss_of_guessing_is_the_games_own():
    """Least squares is never above half a unit where it guesses: .4 is no certainty there."""
    config = change(recipes.load("impasto-64"), {"loss.game": "least-squares"})
    rows = [row for _ in range(10) for row in (sure_of_all(), judged(0.2))]
    assert course(Guard(config), rows) == []


@pytest.mark.parametrize("name", recipes.names())
def test_reading_draws_no_random_number_of_the_trainings(name):
    guard = Guard(recipes.load(name))
    before = torch.get_rng_state()
    course(guard, [row for _ in range(9) for row in (sure_of_all(), judged(0.2, **STAMPED))])
    assert torch.equal(torch.get_rng_state(), before)


def test_what_was_told_is_raised_again_where_something_will_be_done(guard):
    lost = [healthy(variety=0.1)] * 10
    assert len(course(guard, [healthy()] * 10 + lost)) == 1
    guard.raise_again()
    (again,) = course(guard, lost, start=20_000)
    assert (again.kind, again.since, again.images) == ("collapsed", 11_000, 21_000)


def test_what_only_warns_is_not_raised_again(guard):
    rows = [judged(0.3 - n / 100, **STAMPED) for n in range(10)]
    assert [alarm.kind for alarm in course(guard, rows)] == ["stamped"]
    guard.raise_again()
    assert course(guard, rows, start=10_000) == []


@pytest.mark.parametrize("name", sorted(CURVES))
def test_courses_that_were_measured_raise_neither_alarm(name):
    """Whatever a discriminator of those days thought, their KID was fine: it must have doubted."""
    guard = Guard(recipes.load("impasto-64"))
    rows = [row for kid in CURVES[name]["kid"] for row in (healthy(d_loss=1.5), judged(kid))]
    assert course(guard, rows) == []
