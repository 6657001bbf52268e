"""A whole painting: close to the picture, the same again, within its limits and its time."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from impasto.brush.brushes import load_brush
from impasto.errors import ImpastoError
from impasto.paint import work
from impasto.paint.canvas import draw_painting, draw_patches
from impasto.paint.colours import visible
from impasto.paint.document import Painting, load_painting, save_painting
from impasto.paint.levels import plan_levels
from impasto.paint.pace import Pace
from impasto.paint.painter import Look, Plan, Subject, paint
from impasto.paint.palette import snapper

GROUND = (0.2, 0.4, 0.6)


def scene(height: int = 48, width: int = 64) -> np.ndarray:
    """A sun over a slanting field."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = (0.5, 0.7, 0.95)
    picture[y > height * 0.55 + 0.15 * x] = (0.25, 0.5, 0.15)
    picture[np.hypot(x - width * 0.7, y - height * 0.25) < height / 6] = (1.0, 0.85, 0.3)
    return picture


def painted(plan: Plan, watch=lambda look: None, care=None, snap=None, pace=None) -> Painting:
    picture = scene()
    care = np.ones(picture.shape[:2], np.float32) if care is None else care
    pace = pace or Pace(plan.strokes, plan.steps)
    network = load_brush("dry").network
    subject = Subject(picture, care, GROUND)
    return paint(subject, "dry", network, plan, pace, watch=watch, snap=snap).painting()


def psnr(painting: Painting, picture: np.ndarray) -> float:
    error = np.square(draw_painting(painting) / 255.0 - picture)
    return float(-10 * np.log10(error.mean()))


PLAN = Plan(strokes=40, steps=4, tries=128)


@pytest.fixture(scope="module")
def finished() -> tuple[Painting, list[tuple[int, float]]]:
    seen = []

    def watch(look: Look) -> None:
        seen.append((look.strokes, float(np.square(look.canvas - scene()).mean())))

    return painted(PLAN, watch), seen


def test_it_comes_close_with_exactly_its_strokes(finished):
    painting, seen = finished
    assert len(painting.strokes) == 40
    assert psnr(painting, scene()) > 22
    bare = np.square(scene() - np.float32(GROUND)).mean()
    errors = [error for _, error in seen]
    assert errors[0] < bare
    assert errors[-1] < 0.1 * bare
    assert [laid for laid, _ in seen] == sorted(laid for laid, _ in seen)


def test_what_was_watched_is_what_is_drawn_again(finished, tmp_path):
    painting, seen = finished
    save_painting(painting, tmp_path / "strokes.json")
    again = draw_painting(load_painting(tmp_path / "strokes.json"))
    assert np.array_equal(again, draw_painting(painting))
    assert np.square(again / 255.0 - scene()).mean() == pytest.approx(seen[-1][1], rel=0.02)


def test_the_same_seed_paints_the_same_and_another_does_not(finished):
    again, other = painted(PLAN), painted(Plan(strokes=40, steps=4, tries=128, seed=1))
    assert np.array_equal(again.strokes.geometry, finished[0].strokes.geometry)
    assert np.array_equal(again.strokes.colours, finished[0].strokes.colours)
    assert not np.array_equal(other.strokes.geometry, again.strokes.geometry)


@pytest.mark.parametrize("strokes", [1, 2, 7])
def test_few_strokes_are_painted_too(strokes):
    assert len(painted(Plan(strokes=strokes, steps=1, tries=32)).strokes) == strokes


def test_widths_stay_within_their_limits():
    plan = Plan(strokes=30, steps=4, tries=64, finest=4 / 64, broadest=9 / 64)
    strokes = painted(plan).strokes
    widths = 2 * np.exp(2 * strokes.geometry[:, 1]) / 64 * strokes.squares[:, 2] * 64
    assert len(strokes) == 30
    assert widths.min() > 3.99
    assert widths.max() < 9.01


def test_a_wash_is_laid_in_broad_strokes_of_the_tones_it_covers():
    rows = np.arange(48)[:, None, None] % 6 < 1
    stones = np.where(rows, 0.35, 0.6).astype(np.float32) * np.ones((48, 64, 3), np.float32)
    subject, pace = Subject(stones, np.ones((48, 64), np.float32), (0.55,) * 3), Pace(60, 6)
    plan = Plan(strokes=60, steps=6, tries=128)
    strokes = paint(subject, "wash", load_brush("wash").network, plan, pace).painting().strokes
    assert strokes.geometry[:, 1].min() >= 0.49
    assert ((strokes.colours < 0.1) | (strokes.colours > 0.9)).mean() < 0.3  # no black worms


def test_limits_that_exclude_each_other_are_named():
    with pytest.raises(ImpastoError, match="--thinnest"):
        painted(Plan(strokes=10, finest=0.5, broadest=0.1))


def test_with_a_palette_only_its_colours_are_used():
    palette = np.float32([[0.5, 0.7, 0.95], [0.25, 0.5, 0.15], [1.0, 0.85, 0.3]])
    strokes = painted(PLAN, snap=snapper(palette)).strokes
    known = {tuple(row) for row in np.rint(palette * 255).astype(int).tolist()}
    used = {tuple(row) for row in np.rint(strokes.colours * 255).astype(int).tolist()}
    assert used <= known
    assert len(used) == 3


def test_strokes_go_where_the_mask_is_white():
    care = np.full((48, 64), 0.02, np.float32)
    care[:, 32:] = 1
    strokes = painted(PLAN, care=care).strokes
    middle = strokes.squares[:, 0] + strokes.squares[:, 2] * strokes.geometry[:, 2]
    assert (middle > 0.5).mean() > 0.75


def test_interrupted_it_keeps_what_is_on_the_canvas():
    calls = []

    def once(look: Look) -> None:
        calls.append(look.strokes)
        if len(calls) == 3:
            raise KeyboardInterrupt

    painting = painted(PLAN, watch=once)
    assert 0 < len(painting.strokes) < 40
    assert draw_painting(painting).shape == (48, 64, 3)


@pytest.mark.parametrize("phases", [1, -1])
def test_interrupted_while_more_are_laid_it_keeps_as_many_as_ordered(phases):
    """Those beyond go again, in whichever phase they were laid."""
    plan = replace(PLAN, spare=0.5)
    calls = []
    painted(plan, watch=lambda look: calls.append(look.strokes))
    stop = phases if phases > 0 else len(calls) - 1  # the last look follows no phase
    seen, pace = [], Pace(plan.laid, plan.steps)

    def once(look: Look) -> None:
        seen.append(look.canvas.copy())
        if len(seen) == stop:
            raise KeyboardInterrupt

    painting = painted(plan, watch=once, pace=pace)
    assert pace.stopped
    assert len(painting.strokes) <= 40
    assert (len(painting.strokes) == 40) == (phases < 0)
    assert np.abs(draw_painting(painting) / 255 - seen[-1]).max() < 0.01


@pytest.mark.parametrize("name", ["settle_colours", "take"])
def test_interrupted_again_at_the_end_it_keeps_what_was_laid(name, monkeypatch):
    real, calls, looks = getattr(work.Work, name), [], []

    def once(*given):
        calls.append(name)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return real(*given)

    def stop(look: Look) -> None:
        looks.append(look.strokes)
        if len(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(work.Work, name, once)
    pace = Pace(PLAN.strokes, PLAN.steps)
    painting = painted(replace(PLAN, spare=0.5), watch=stop, pace=pace)
    assert pace.stopped
    assert calls
    assert len(painting.strokes) > 0


def test_a_begun_canvas_is_bare_only_where_nothing_is_on_it(monkeypatch):
    """Strokes that cover its paint are not kept for covering bare canvas."""
    picture = scene()
    begun = np.full(picture.shape, GROUND, np.float32)
    begun[:, 32:] = picture[:, 32:]
    given = []
    real = work.worth

    def seen(*values):
        given.append(values)
        return real(*values)

    monkeypatch.setattr(work, "worth", seen)
    subject = Subject(picture, np.ones(picture.shape[:2], np.float32), GROUND, begun=begun)
    plan = replace(PLAN, spare=0.5)
    paint(subject, "dry", load_brush("dry").network, plan, Pace(plan.laid, plan.steps))
    assert given
    assert (given[0][6][:, :32] == 1).all()
    assert (given[0][6][:, 32:] == 0).mean() > 0.9


def test_each_phase_is_drawn_by_the_engine_and_not_by_the_network(monkeypatch):
    drawn = []
    real = work.draw_patches

    def counted(strokes, *arguments):
        drawn.append(len(strokes))
        return real(strokes, *arguments)

    monkeypatch.setattr(work, "draw_patches", counted)
    painted(Plan(strokes=20, steps=1, tries=32))
    assert sum(drawn) == 20


class Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_reaches_the_fine_strokes_too_and_keeps_its_time():
    """Time passes with the strokes alone: a second each, of which 60 of 200 can be paid."""
    clock, plan = Clock(), Plan(strokes=200, steps=2, tries=64, seconds=60)
    pace = Pace(200, 2, 60, clock=clock)
    drew = pace.drew

    def slow(strokes, seconds, ending):
        clock.now += strokes
        drew(strokes, strokes, 0)

    pace.drew = slow
    painting = painted(plan, pace=pace)
    assert 30 < len(painting.strokes) < 70
    finest = grid_sides(200)[-1]
    assert (np.rint(painting.strokes.squares[:, 2] * 64) == finest).sum() > 10


def grid_sides(strokes: int) -> list[int]:
    return [level.side for level in plan_levels(48, 64, strokes)]


def test_calm_places_are_covered_though_their_error_is_small():
    """Bare canvas between strokes looks like writing on a sky."""
    sky = np.empty((96, 128, 3), np.float32)
    sky[:] = np.linspace([0.40, 0.55, 0.80], [0.62, 0.70, 0.78], 96)[:, None]
    sky[60:, ::3] = (0.1, 0.1, 0.1)  # something busy, where all strokes would go
    ground = tuple(sky[:60].mean((0, 1)) + np.float32([0.05, 0.02, -0.05]))
    subject = Subject(sky, np.ones((96, 128), np.float32), ground)
    plan = Plan(strokes=150, steps=3, tries=128)
    painting = paint(subject, "oil", load_brush("oil").network, plan, Pace(150, 3)).painting()
    patches = list(draw_patches(painting.strokes, "oil", 0, 128, 96, 128))
    _, through = visible(patches, 96, 128)
    assert (through[:60] > 0.5).mean() < 0.15  # by error alone .29 stayed bare


def test_a_picture_of_any_proportions_is_painted():
    for height, width in ((16, 200), (200, 16)):
        picture = np.asarray(
            Image.fromarray((scene() * 255).astype(np.uint8)).resize((width, height))
        )
        target = picture.astype(np.float32) / 255
        subject = Subject(target, np.ones((height, width), np.float32), GROUND)
        plan = Plan(strokes=12, steps=1, tries=32)
        work = paint(subject, "dry", load_brush("dry").network, plan, Pace(12, 1))
        assert draw_painting(work.painting()).shape == (height, width, 3)


def test_of_strokes_painted_beyond_those_worth_least_go_again():
    seen = []
    plan = Plan(strokes=40, steps=4, tries=128, spare=0.5)
    thinned = painted(plan, lambda look: seen.append(look.strokes))
    assert len(thinned.strokes) == 40
    assert seen == sorted(seen)
    assert max(seen) == 40
    all_of_them = painted(replace(plan, strokes=60, spare=0))
    first = replace(all_of_them, strokes=all_of_them.strokes[:40])
    assert psnr(thinned, scene()) > psnr(first, scene()) + 0.3
