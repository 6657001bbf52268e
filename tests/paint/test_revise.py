"""Strokes that are gone through once more."""

from dataclasses import replace

import numpy as np
import pytest

from impasto.brush.brushes import load_brush
from impasto.paint import painter
from impasto.paint import revise as revising
from impasto.paint.canvas import draw_painting, lay
from impasto.paint.pace import Pace
from impasto.paint.painter import Look, Plan, Subject, Work
from impasto.paint.palette import snapper
from impasto.paint.revise import over, revise
from tests.paint.test_painter import GROUND, painted, psnr, scene

PLAN = Plan(strokes=60, steps=6, tries=128)


@pytest.fixture(scope="module")
def plain():
    return painted(PLAN)


def test_what_lies_over_a_canvas_is_what_laying_it_does():
    work = working()
    for _ in work.phases():
        pass
    colours = np.concatenate([part.colours for part in work.laid])
    later, paint = over(work.patches, colours, 48, 64)
    canvas = scene().copy()
    for patch, colour in zip(work.patches, colours, strict=True):
        lay(canvas, patch, colour)
    assert np.allclose(later[..., None] * scene() + paint, canvas, atol=1e-5)


def working(**changes) -> Work:
    picture = scene()
    subject = Subject(picture, np.ones(picture.shape[:2], np.float32), GROUND)
    plan = replace(PLAN, **changes)
    pace = Pace(plan.laid, plan.steps)
    return Work(subject, "dry", load_brush("dry").network, plan, pace, painter.pixel_loss, None)


def test_as_many_strokes_come_closer_each_time(plain):
    once, twice = (painted(replace(PLAN, revisions=times)) for times in (1, 2))
    assert len(plain.strokes) == len(once.strokes) == len(twice.strokes) == 60
    assert psnr(once, scene()) > psnr(plain, scene()) + 0.2
    assert psnr(twice, scene()) > psnr(once, scene())


def test_each_stroke_stays_in_its_square_and_its_turn(plain):
    once = painted(replace(PLAN, revisions=1))
    assert np.array_equal(plain.strokes.squares, once.strokes.squares)
    moved = (plain.strokes.geometry != once.strokes.geometry).any(1)
    assert 0 < moved.sum() < 60


def test_between_two_phases_the_canvas_is_whole():
    work = working(spare=0.5)
    for _ in work.phases():
        pass
    work.thin_out()
    errors = [np.square(work.canvas - scene()).mean()]
    seen = []
    for done in revise(work):
        seen.append(done)
        drawn = draw_painting(work.painting()) / 255
        assert np.abs(drawn - work.canvas).max() < 0.02
        errors.append(np.square(work.canvas - scene()).mean())
    assert seen == sorted(seen)
    assert seen[-1] == 60
    assert errors[-1] < errors[0]


def test_interrupted_it_keeps_all_strokes():
    stopped = []

    def stop(look: Look) -> None:
        if look.strokes >= 50 and not stopped:
            stopped.append(look.strokes)
            raise KeyboardInterrupt

    assert len(painted(replace(PLAN, revisions=1), stop).strokes) == 60
    assert stopped[0] < 60


def test_interrupted_inside_a_phase_patches_belong_to_their_strokes(monkeypatch):
    """What was exchanged last is in both or in neither."""
    work = working()
    for _ in work.phases():
        pass
    passed = []

    def interrupted(*given):
        passed.append(1)
        if len(passed) == 2:
            raise KeyboardInterrupt
        return exchanged(*given)

    exchanged = revising._exchanged
    monkeypatch.setattr(revising, "_exchanged", interrupted)
    with pytest.raises(KeyboardInterrupt):
        for _ in revise(work):
            pass
    again = work.draw(work.painting().strokes)
    same = [
        np.array_equal(one.alpha, other.alpha)
        for one, other in zip(again, work.patches, strict=True)
    ]
    assert all(same)


def test_colours_stay_in_the_palette():
    palette = np.array([(0.2, 0.4, 0.6), (0.9, 0.8, 0.3), (0.3, 0.5, 0.2)], np.float32)
    painting = painted(replace(PLAN, revisions=1), snap=snapper(palette))
    apart = np.abs(painting.strokes.colours[:, None] - palette).max(2).min(1)
    assert apart.max() < 0.01
