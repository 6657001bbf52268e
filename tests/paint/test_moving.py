"""A painted film does not boil: strokes stay where the picture does."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from impasto.brush.brushes import load_brush
from impasto.paint.canvas import Patch
from impasto.paint.document import Strokes
from impasto.paint.moving import Moving, changed
from impasto.paint.painter import Plan, Subject
from tests.paint.test_painter import scene

GROUND = (0.5, 0.5, 0.5)
PLAN = Plan(strokes=60, steps=4, tries=128)
HEIGHT, WIDTH = 64, 96


def frame(number: int, noise: float = 0.008) -> np.ndarray:
    """A landscape as a camera sees it, past which a red square moves."""
    picture = scene(HEIGHT, WIDTH)
    picture[20:40, 6 * number : 6 * number + 16] = (0.8, 0.1, 0.1)
    grain = np.random.default_rng(number).normal(0, noise, picture.shape)
    return np.clip(picture + grain, 0, 1).astype(np.float32)


def subject(picture: np.ndarray) -> Subject:
    return Subject(picture, np.ones(picture.shape[:2], np.float32), GROUND)


def following() -> Moving:
    return Moving("dry", load_brush("dry").network, PLAN)


@pytest.fixture(scope="module")
def film() -> tuple[list[np.ndarray], list[np.ndarray], Moving]:
    source = [frame(number) for number in range(5)]
    moving = following()
    return source, [moving.show(subject(each)).copy() for each in source], moving


def restless(source, painted) -> float:
    """Mean change from frame to frame, in grey levels, where the source stayed."""
    steps = []
    for (before, after), (one, other) in zip(pairwise(source), pairwise(painted), strict=True):
        steps.append(255 * np.abs(one - other)[~changed(before, after)].mean())
    return float(np.mean(steps))


def test_where_nothing_moves_the_painting_stays(film):
    source, painted, _ = film
    anew = [following().show(subject(each)) for each in source[:2]]
    assert restless(source, painted) < 0.25 * restless(source[:2], anew)


def test_what_moves_is_painted_as_closely_as_the_first_frame(film):
    source, painted, moving = film
    errors = [np.square(one - other).mean() for one, other in zip(source, painted, strict=True)]
    assert errors[-1] < 1.5 * errors[0]
    last = moving.painting(subject(source[-1]))
    assert len(last.strokes) <= 1.5 * PLAN.strokes


def test_noise_alone_moves_no_stroke():
    moving = following()
    first = moving.show(subject(frame(0))).copy()
    noisy = frame(0) + np.random.default_rng(9).normal(0, 0.01, (HEIGHT, WIDTH, 3))
    assert np.array_equal(moving.show(subject(np.float32(np.clip(noisy, 0, 1)))), first)


def test_a_cut_begins_on_a_bare_canvas():
    moving = following()
    moving.show(subject(frame(0)))
    other = 1 - frame(0)[::-1]
    alone = following().show(subject(other))
    assert np.array_equal(moving.show(subject(other)), alone)


def test_of_strokes_that_hide_each_other_one_stays():
    """Without either nothing changes, without both the canvas is bare."""
    moving = Moving("dry", load_brush("dry").network, replace(PLAN, strokes=2))
    work = moving._work(subject(scene(8, 16)), 0)
    halves = [slice(0, 8), slice(0, 8), slice(8, 16), slice(8, 16)]
    patches = [Patch(np.ones((8, 8), np.float32), slice(0, 8), half) for half in halves]
    numbers = (np.full((4, many), 0.5, np.float32) for many in (3, 9))
    colours = np.float32([[1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1]])
    work.take(Strokes(*numbers, colours), patches)
    before = work.canvas.copy()
    moving._leave(work)
    assert len(work.patches) == 2
    assert np.array_equal(work.canvas, before)


def test_there_are_never_far_too_many_strokes():
    moving = Moving("dry", load_brush("dry").network, replace(PLAN, strokes=2))
    work = moving._work(subject(scene(8, 16)), 0)
    alphas = np.random.default_rng(0).random((9, 8, 16), np.float32) / 2
    patches = [Patch(alpha, slice(0, 8), slice(0, 16)) for alpha in alphas]
    numbers = (np.random.default_rng(1).random((9, many), np.float32) for many in (3, 9, 3))
    work.take(Strokes(*numbers), patches)
    moving._leave(work)
    assert len(work.patches) == 3


@pytest.mark.slow
def test_a_slow_fade_is_followed():
    """Each step is less than noise, all of them are not."""
    moving = following()
    for share in np.linspace(1, 0.5, 12):
        canvas = moving.show(subject(np.float32(frame(0, 0) * share)))
    assert np.square(canvas - frame(0, 0) * 0.5).mean() < 0.01
