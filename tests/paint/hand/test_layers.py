"""An order that can be painted: what the plan says is what the picture shows."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from impasto.brush.settings import settings_of
from impasto.core.colour import to_oklab
from impasto.data.colourfield import paint as colourfield
from impasto.errors import ImpastoError
from impasto.paint.canvas import bare, draw_painting
from impasto.paint.document import Paint, Strokes, load_painting, rounded, save_painting
from impasto.paint.hand.layers import Goal, arranged, brush_of
from impasto.paint.hand.means import HandOrder, fitting_brushes, mixtures, parse_brushes
from impasto.paint.hand.steps import by_hand, captions, lengths_of, steps_of
from impasto.paint.plot.sheet import lay_out
from impasto.paints.files import load_paints
from tests.paint.test_document import painting

PAINTS = tuple(
    Paint("-".join(map(str, colour)), colour) for colour in product((0.0, 0.4, 1.0), repeat=3)
)


@pytest.fixture(scope="module")
def hand_made():
    """A painting of 60 strokes as a hand is to paint it, the one before, and the goal."""
    before = replace(painting(60), texture="none")
    width, height = before.width, before.height
    sheet = lay_out((300.0, 200.0), 10, width, height)
    brushes = (30.0, 10.0)
    settings = settings_of(before.brush)
    strokes = before.strokes
    geometry = strokes.geometry.copy()
    sides = strokes.squares[:, 2] * sheet.longer
    wide = np.where(np.arange(60) % 2, 10.0, 30.0)  # in an order that no hand could keep
    geometry[:, 1] = np.clip(np.log(wide / sides * 32) / 2 - settings.radius.base / 2, 0, 1)
    before = replace(before, strokes=rounded(replace(strokes, geometry=geometry)))
    picture = draw_painting(before).astype(np.float32) / np.float32(255)
    near = np.repeat(np.linspace(0, 1, height, dtype=np.float32)[:, None], width, 1)
    goal = Goal(picture, np.ones((height, width), np.float32), bare(before, height, width), near)
    return before, arranged(before, goal, sheet, PAINTS, brushes), goal, sheet


def test_layers_go_from_broad_to_thin_and_a_colour_is_mixed_once_in_each(hand_made):
    _, made, _, sheet = hand_made
    assert by_hand(made)
    coats = made.real.coats
    assert [coat.brush for coat in coats] == sorted((c.brush for c in coats), reverse=True)
    assert [coat.step for coat in coats] == sorted(coat.step for coat in coats)
    mixed = [(coat.step, coat.paint) for coat in coats]
    assert len(set(mixed)) == len(mixed)
    laid = [stroke for coat in coats for stroke in coat.strokes]
    assert laid == list(range(len(made.strokes)))
    kinds = np.array((30.0, 10.0))[brush_of(made, sheet, (30.0, 10.0))]
    for coat in coats:
        assert (kinds[list(coat.strokes)] == coat.brush).all()
        colours = made.strokes.colours[list(coat.strokes)]
        assert np.allclose(colours, made.real.paints[coat.paint].colour, atol=1e-3)


def side_by_side(colours):
    """Strokes that do not overlap, in one brush's width, as they are to look."""
    count, plain = len(colours), replace(painting(1), texture="none", ground=(1.0, 1.0, 1.0))
    across = np.arange(count, dtype=np.float32) / count
    squares = np.stack([across, np.zeros_like(across), np.full_like(across, 1 / count)], 1)
    geometry = np.tile(np.float32([1, 0.3, 0.5, 0.5, 0.5, 0.8, 0.5, 0.2, 1]), (count, 1))
    strokes = rounded(Strokes(squares, geometry, np.asarray(colours, np.float32)))
    before = replace(plain, strokes=strokes)
    height, width = before.height, before.width
    picture = draw_painting(before).astype(np.float32) / np.float32(255)
    even = np.ones((height, width), np.float32)
    return before, Goal(picture, even, bare(before, height, width), even)


def arranged_coats(colours, paints):
    before, goal = side_by_side(colours)
    sheet = lay_out((300.0, 200.0), 10, before.width, before.height)
    made = arranged(before, goal, sheet, paints, (10.0,))
    return [(coat.paint, len(coat.strokes)) for coat in made.real.coats]


def test_colours_whose_turn_is_at_the_same_time_do_not_alternate():
    dark, red = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)
    paints = (Paint("dark", dark), Paint("red", red))
    assert arranged_coats([dark, red, dark], paints) == [(0, 2), (1, 1)]


def test_a_colour_that_is_hardly_missed_is_not_taken_up():
    dark, nearly, red = (0.0, 0.0, 0.0), (0.05, 0.05, 0.05), (1.0, 0.0, 0.0)
    paints = tuple(Paint(str(at), colour) for at, colour in enumerate((dark, nearly, red)))
    missed = (0.02, 0.1, 0.0)  # by every paint: nothing is without an error
    assert {paint for paint, _ in arranged_coats([missed] * 4 + [nearly, red], paints)} == {1, 2}
    assert len(arranged_coats([dark] * 4 + [nearly, red], paints)) == 3


def test_colours_are_solved_for_under_that_order(hand_made):
    before, made, goal, sheet = hand_made
    error = np.square(draw_painting(made) / 255 - goal.picture).mean()
    # The same order, each stroke in the paint nearest to its own colour.
    order = np.argsort(brush_of(before, sheet, (30.0, 10.0)), kind="stable")
    colours = np.array([paint.colour for paint in PAINTS], np.float32)
    near = np.square(before.strokes.colours[:, None] - colours).sum(2).argmin(1)
    naive = replace(before.strokes, colours=colours[near])[order]
    plain = np.square(draw_painting(replace(before, strokes=naive)) / 255 - goal.picture).mean()
    assert error < 0.9 * plain


def test_a_file_keeps_steps_brushes_and_what_was_on_the_canvas(hand_made, tmp_path):
    _, made, _, _ = hand_made
    begun = np.zeros((made.height, made.width, 3), np.uint8) + np.arange(3, dtype=np.uint8) * 90
    made = replace(made, begun=begun)
    save_painting(made, tmp_path / "strokes.json")
    back = load_painting(tmp_path / "strokes.json")
    assert back.real == made.real
    assert np.array_equal(back.begun, begun)
    assert np.array_equal(draw_painting(back), draw_painting(made))
    (tmp_path / "canvas.png").unlink()
    with pytest.raises(ImpastoError, match=r"canvas\.png"):
        load_painting(tmp_path / "strokes.json")


def test_a_file_names_no_picture_outside_of_its_folder(hand_made, tmp_path):
    _, made, _, _ = hand_made
    file = tmp_path / "strokes.json"
    save_painting(replace(made, begun=np.zeros((8, 12, 3), np.uint8)), file)
    file.write_text(file.read_text().replace('"canvas.png"', '"../canvas.png"'))
    with pytest.raises(ImpastoError, match="begun"):
        load_painting(file)


def test_steps_say_how_much_paint_and_how_long(hand_made):
    _, made, _, sheet = hand_made
    steps = steps_of(made)
    ways = lengths_of(made, sheet.longer)
    for step in steps:
        for coat, amount in zip(step.coats, step.millilitres, strict=True):
            area = ways[list(coat.strokes)].sum() * step.brush  # mm²
            assert amount == pytest.approx(area * 0.1 / 1000 * 1.25)
        assert step.minutes > 3 * len(step.coats)
    names = captions(made)
    assert len(names) == len(made.strokes)
    assert names[0].startswith(f"Step 1 of {len(steps)}: flat brush of 30 mm")
    assert captions(painting(5)) == []
    with pytest.raises(ImpastoError, match="--opaque"):
        steps_of(painting(5))


def test_a_painting_that_was_stopped_before_its_first_stroke_is_a_bare_canvas(hand_made):
    before, _, goal, sheet = hand_made
    none = arranged(replace(before, strokes=Strokes.none()), goal, sheet, PAINTS, (30.0, 10.0))
    assert len(none.strokes) == 0
    assert none.real.coats == ()
    assert by_hand(none)
    assert steps_of(none) == captions(none) == []
    assert np.array_equal(draw_painting(none), draw_painting(replace(none, real=None)))


def test_only_brushes_that_exist_are_used():
    sheet = lay_out((400.0, 500.0), 0, 400, 500)
    oil = settings_of("oil")
    found = fitting_brushes(HandOrder((400.0, 500.0)), sheet, oil, 500, 400, 1_000)
    assert found == tuple(sorted(found, reverse=True))
    assert set(found) <= {2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80}
    order = HandOrder((400.0, 500.0), brushes=(25.0, 7.0))
    assert fitting_brushes(order, sheet, oil, 500, 400, 1_000) == (25.0, 7.0)
    for wrong in (400.0, 0.6):
        order = HandOrder((400.0, 500.0), brushes=(wrong,))
        with pytest.raises(ImpastoError, match=f"{wrong:g} mm does not fit"):
            fitting_brushes(order, sheet, oil, 500, 400, 1_000)


@pytest.mark.parametrize(
    ("canvas", "margin"), [((416.0, 520.0), 0.0), ((400.0, 600.0), 2.3), ((20.0, 30.0), 0.0)]
)
def test_the_brushes_that_are_advised_are_taken(canvas, margin):
    sheet, oil = lay_out(canvas, margin, 400, 500), settings_of("oil")
    with pytest.raises(ImpastoError) as told:
        fitting_brushes(HandOrder(canvas, brushes=(500.0,)), sheet, oil, 500, 400, 1_000)
    advised = re.search(r"brushes of ([\d.]+) to ([\d.]+) mm", str(told.value)).groups()
    brushes = parse_brushes(",".join(advised))
    order = HandOrder(canvas, brushes=brushes)
    assert fitting_brushes(order, sheet, oil, 500, 400, 1_000) == brushes


@pytest.mark.parametrize("text", ["", "three", "3;8", "-3", "0", "900", "nan", "1e3"])
def test_what_is_no_brush_is_refused(text):
    with pytest.raises(ImpastoError, match="--brushes"):
        parse_brushes(text)


def test_brushes_are_read():
    assert parse_brushes("3, 8mm,20,8") == (20.0, 8.0, 3.0)


def test_mixtures_have_recipes_and_tell_how_near_they_come():
    picture = colourfield(1, 64).astype(np.float32) / np.float32(255)
    care = np.ones(picture.shape[:2], np.float32)
    order = HandOrder((400.0, 500.0), paints=load_paints("acrylics"), colours=6)
    found = mixtures(picture, care, order)
    assert 2 <= len(found) <= 6
    assert all(paint.delta_e is not None and " " in paint.name for paint in found)
    light = to_oklab(np.array([paint.colour for paint in found]))[:, 0]
    assert (np.diff(light) <= 1e-3).all()
    plain = mixtures(picture, care, replace(order, paints=None))
    assert all(paint.name.startswith("#") and paint.delta_e is None for paint in plain)
