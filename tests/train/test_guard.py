"""The guard on written-out courses of a game: when it calls, when it keeps quiet, what it says."""

import random
import statistics
import time

import pytest

from impasto import recipes
from impasto.config import change
from impasto.train.guard import GRACE_MOST, MOST_RESCUES, SLOW, Alarm, Guard, forewarn, rescue


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


def test_a_healthy_game_raises_no_alarm(guard):
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
    first = change(config, rescue(config, "collapsed"))
    assert first.optimiser.d_lr == config.optimiser.d_lr / 2
    assert first.augment.policy == ("colour", "translation", "cutout")
    assert first.loss.r1 == 1
    second = change(first, rescue(first, "won"))
    assert second.optimiser.d_lr == config.optimiser.d_lr / 4
    assert second.loss.r1 == 10


def test_pictures_learnt_by_heart_are_augmented_in_every_way():
    config = change(recipes.load("impasto-64"), {"augment.policy": ["dihedral", "colour"]})
    rescued = change(config, rescue(config, "memorised"))
    assert rescued.augment.policy == ("dihedral", "colour", "translation", "cutout")
    assert "augment.policy" not in rescue(config, "collapsed")  # it has some: leave it be


def test_a_rescue_of_a_wasserstein_game_adds_no_penalty_of_another():
    config = recipes.load("wgan-clip-64")
    assert change(config, rescue(config, "collapsed")).loss.r1 == 0


@pytest.mark.parametrize("name", recipes.names())
@pytest.mark.parametrize("kind", ["collapsed", "won", "vanished", "memorised", "not-a-number"])
def test_every_recipe_can_be_rescued_three_times_from_anything(name, kind):
    config = recipes.load(name)
    for _ in range(MOST_RESCUES):
        rescued = change(config, rescue(config, kind))
        assert rescued.optimiser.d_lr < config.optimiser.d_lr
        config = rescued


def test_a_number_that_is_none_slows_both():
    config = recipes.load("dcgan-tutorial-64")
    rescued = change(config, rescue(config, "not-a-number"))
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
