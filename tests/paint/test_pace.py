"""What can be done in the time that is left."""

import pytest

from impasto.paint.pace import Pace
from tests.paint.test_painter import Clock


def test_with_little_time_left_there_are_fewer_steps_then_fewer_strokes():
    clock = Clock()
    pace = Pace(strokes=100, steps=20, seconds=10, clock=clock)
    assert pace.steps_for(10) == 10  # to learn what a step costs
    clock.now += 2
    pace.stepped(10, 10, 1.0)  # .01 s a step
    pace.drew(10, 1.0, ending=0)  # .1 s to draw one
    assert pace.steps_for(90) == 0  # 8 s for 90 strokes: no time for steps
    assert pace.share() == pytest.approx(8 / (90 * 0.16), rel=0.01)  # of six steps each, so many
    assert not pace.over()
    clock.now += 8
    pace.drew(60, 8, ending=0)
    assert pace.over()


def test_what_the_end_will_take_is_kept_for_it():
    clock = Clock()
    pace = Pace(strokes=100, steps=20, seconds=10, clock=clock)
    pace.drew(50, 1.0, ending=5.0)
    assert pace.remaining() == pytest.approx(4)  # the end's five, and a fifth for caution
    clock.now += 5
    assert pace.over()


def test_with_much_time_there_are_more_steps_but_not_endlessly_many():
    clock = Clock()
    pace = Pace(strokes=100, steps=20, seconds=1000, clock=clock)
    pace.stepped(10, 10, 0.1)
    pace.drew(10, 0.1, ending=0)
    assert pace.steps_for(90) == 60
    assert pace.share() == 1
    assert Pace(strokes=100, steps=20).steps_for(10) == 20


def test_a_machine_that_becomes_slower_is_noticed_within_a_phase():
    clock = Clock()
    pace = Pace(strokes=1000, steps=20, seconds=100, clock=clock)
    pace.stepped(100, 10, 1.0)
    pace.drew(100, 1.0, ending=0)
    quick = pace.steps_for(100)
    pace.stepped(100, 10, 10.0)
    pace.stepped(100, 10, 10.0)
    assert pace.steps_for(100) < quick / 5


def test_every_batch_of_a_phase_gets_as_many_steps():
    """Strokes that are moved already need no more of them; they only wait to be drawn."""
    clock = Clock()
    pace = Pace(strokes=400, steps=20, seconds=13, clock=clock)
    pace.stepped(100, 10, 1.0)  # .001 s a step
    pace.drew(100, 1.0, ending=0)  # .01 s to draw one
    given = []
    for moved in (0, 100, 200):
        given.append(pace.steps_for(300 - moved, moved))
        clock.now += 0.1 * given[-1]
        pace.stepped(100, given[-1], 0.1 * given[-1])
    assert given == pytest.approx([33, 33, 33], abs=1)
    assert clock.now == pytest.approx(110, abs=0.3)  # three seconds are left for drawing
