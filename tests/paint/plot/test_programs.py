"""Plots are read back by other people's readers, and drawn again: the same picture."""

import re
from dataclasses import replace

import numpy as np
import pytest
from gcodeparser import parse_gcode_lines
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.errors import ImpastoError
from impasto.paint.document import Coat, Paint, Painting, RealPaint, load_painting
from impasto.paint.plot.job import Job, Layer, Line, numbered, rest
from impasto.paint.plot.machine import Refill, load_machine
from impasto.paint.plot.making import PlotOrder, check_plot_place, plan_plot, write_plot
from impasto.paint.plot.preview import drawn
from impasto.paint.plot.programs import as_gcode, as_hpgl, as_svg
from impasto.paint.plot.travel import costs, shortened
from tests.paint.plot.readers import again, read_gcode, read_hpgl, read_svg
from tests.paint.test_document import painting


def planned(tmp_path, name="pen", pens=3, first=1):
    machine = load_machine(name)
    return plan_plot(painting(30), PlotOrder(tmp_path, machine, (300.0, 200.0), 10, pens, first))


def corners(points: np.ndarray) -> np.ndarray:
    """Both ends of a line, and the box around it."""
    return np.array([points[0], points[-1], points.min(0), points.max(0)])


def assert_same(job: Job, ways: list[np.ndarray]) -> None:
    for line, way in zip(job.lines(), ways, strict=True):
        assert np.allclose(corners(line.points), corners(way), atol=0.03)
    one, other = drawn(job, 400).astype(float), drawn(again(job, ways), 400).astype(float)
    assert one.std() > 5
    assert np.square(one - other).mean() < 40  # 32 dB: hundredths of a millimetre move rims


@pytest.mark.parametrize("name", ["pen", "brush"])
def test_the_svg_read_by_another_reader_draws_the_same_picture(tmp_path, name):
    job = planned(tmp_path, name).job
    ways = read_svg(as_svg(job), tmp_path / "p.svg")
    assert len(ways) == len(job)
    assert_same(job, ways)


def test_layers_are_named_as_plotters_read_them_the_lightest_first(tmp_path):
    job = planned(tmp_path).job
    labels = re.findall(r'inkscape:groupmode="layer" inkscape:label="(\d+) (#\w+)"', as_svg(job))
    assert [int(number) for number, _ in labels] == list(range(1, len(labels) + 1))
    light = [
        sum(int(colour[at : at + 2], 16) * w for at, w in ((1, 3), (3, 6), (5, 1)))
        for _, colour in labels
    ]
    assert light[0] > light[-1]
    assert 'width="300mm" height="200mm" viewBox="0 0 300 200"' in as_svg(job)


@pytest.mark.parametrize("name", ["pen", "pen-z"])
def test_the_gcode_read_by_a_parser_draws_the_same_picture(tmp_path, name):
    job = planned(tmp_path, name).job
    assert_same(job, read_gcode(as_gcode(job, load_machine(name)), job.height))


def test_a_brush_is_pressed_and_dipped_before_its_paint_is_used_up(tmp_path):
    machine = load_machine("brush")
    assert machine.refill
    text = as_gcode(planned(tmp_path, "brush").job, machine)
    parsed = parse_gcode_lines(text)
    wet, at, dips, heights = 0.0, np.zeros(2), 0, set()
    for line in parsed:
        params = line.params
        if "X" in params:
            to = np.array([params["X"], params["Y"]])
            if line.command == ("G", 1):
                wet -= float(np.hypot(*(to - at)))
                heights.add(params["Z"])
                assert wet > -1
            at = to
        elif params.get("Z") == machine.refill.z:
            assert at.tolist() == [machine.refill.x, machine.refill.y]
            wet, dips = machine.refill.every, dips + 1
    assert dips > 3
    assert len(heights) > 10
    assert max(heights) <= machine.heights.light
    assert min(heights) >= machine.heights.full


def test_the_hpgl_drawn_again_is_the_same_picture(tmp_path):
    job = planned(tmp_path).job
    text = as_hpgl(job)
    assert re.findall(r"SP(\d+);", text) == [str(layer.pen) for layer in job.layers] + ["0"]
    assert_same(job, read_hpgl(text, job.height))


def test_hpgl_is_not_written_beyond_its_numbers():
    assert as_hpgl(Job(1000, 500, (1, 1, 1), [])) == ""


def test_a_plot_goes_on_at_a_stroke(tmp_path):
    job = planned(tmp_path).job
    late = len(job) - 2
    left = rest(job, late)
    assert [line.number for line in left.lines()] == [late, late + 1, late + 2]
    assert f'id="stroke{late}"' in as_svg(left)
    assert f'id="stroke{late - 1}"' not in as_svg(left)
    with pytest.raises(
        ImpastoError, match=rf"--resume-at 99999: this plot has {len(job):,} strokes"
    ):
        rest(job, 99_999)


def test_the_plan_is_kept_with_the_strokes(tmp_path):
    made = painting(30)
    _, real = write_plot(made, PlotOrder(tmp_path, load_machine("pen"), (300.0, 200.0), 10, 3))
    assert {file.name for file in tmp_path.iterdir()} == {
        *("plot.svg", "plot.gcode", "plot.hpgl", "plot.png")
    }
    assert real.canvas == (300.0, 200.0)
    assert len(real.paints) <= 3


def test_the_preview_begins_on_the_canvas_as_it_is(tmp_path):
    begun = np.full((64, 96, 3), (0, 120, 200), np.uint8)
    begun[:, 48:] = (10, 60, 20)
    made = replace(painting(1), begun=begun)
    write_plot(made, PlotOrder(tmp_path, load_machine("pen"), (300.0, 200.0), 25, 3))
    shown = np.asarray(Image.open(tmp_path / "plot.png").convert("RGB"))[:, :1000]
    left, right = shown[150:500, 150:400], shown[150:500, 600:850]
    for part, colour in ((left, (0, 120, 200)), (right, (10, 60, 20))):
        assert (part == colour).all(2).mean() > 0.5
    assert tuple(shown[20, 20]) == (255, 51, 0)  # the margin is the ground


def test_paints_follow_each_other_so_that_what_is_seen_stays(tmp_path):
    from impasto.paint.canvas import draw_painting

    made = painting(30)
    coats = planned(tmp_path, "brush", pens=30).real.coats
    order = [stroke for coat in coats for stroke in coat.strokes]
    left_out = sorted({*range(30)} - {*order})  # they lie outside
    moved = replace(made, strokes=made.strokes[np.array(left_out + order, int)])
    error = np.square(draw_painting(made, 200).astype(float) - draw_painting(moved, 200)).mean()
    assert 10 * np.log10(255**2 / error) > 25


coordinate = st.floats(0, 500, width=32)
ways = st.lists(
    st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=5), min_size=1, max_size=12
)


@settings(deadline=None, max_examples=40)
@given(ways)
def test_no_line_is_lost_or_bent_on_the_shorter_way(lines):
    made = [
        Line(np.array(points), np.linspace(0, 1, len(points)), 0.5, number)
        for number, points in enumerate(lines)
    ]
    machine = load_machine("pen-z").model_copy(update={"pen": None})
    given_ = Job(500, 500, (1, 1, 1), [Layer("1 #000000", 1, (0, 0, 0), made)])
    short = shortened(given_, machine)
    assert sorted(line.stroke for line in short.lines()) == list(range(len(made)))
    for line in short.lines():
        same = made[line.stroke].points
        assert np.array_equal(line.points, same) or np.array_equal(line.points[::-1], same)
    nearest_only = costs(short, machine).travel
    assert nearest_only <= costs(given_, machine).travel * 2 + 1e-6
    text = as_gcode(numbered(short), machine)
    read = read_gcode(text, 500)
    drawn_ = [line.points for line in short.lines()]
    assert len(read) == len(drawn_)
    for one, other in zip(read, drawn_, strict=True):
        assert np.allclose(one, other, atol=0.006)


@settings(deadline=None, max_examples=30)
@given(ways, st.floats(5, 300))
def test_every_dip_lasts(lines, every):
    made = [Line(np.array(points), np.ones(len(points)), 1, n) for n, points in enumerate(lines)]
    machine = load_machine("brush").model_copy(update={"refill": Refill(every=every, x=0, y=0)})
    job = Job(500, 500, (1, 1, 1), [Layer("1 #000000", 1, (0, 0, 0), made)])
    whole = sum(line.length for line in made)
    took = costs(job, machine)
    assert took.drawn == pytest.approx(whole, rel=1e-6, abs=1e-6)
    assert took.refills >= whole / every - 1e-6


def test_the_way_is_much_shorter(tmp_path):
    both = planned(tmp_path)
    machine = load_machine("pen")
    assert costs(both.job, machine).travel < 0.6 * costs(both.given, machine).travel


def test_old_files_are_read_and_new_ones_keep_layers(tmp_path):
    from impasto.paint.document import save_painting

    made = painting(30)
    save_painting(made, tmp_path / "one.json")
    assert '"version": 1' in (tmp_path / "one.json").read_text()
    assert load_painting(tmp_path / "one.json").real is None
    real = planned(tmp_path).real
    save_painting(replace(made, real=real), tmp_path / "two.json")
    assert '"version": 2' in (tmp_path / "two.json").read_text()
    back = load_painting(tmp_path / "two.json").real
    assert back
    assert back.coats == real.coats
    assert back.canvas == real.canvas
    assert [paint.name for paint in back.paints] == [paint.name for paint in real.paints]
    text = (tmp_path / "two.json").read_text()
    for wrong, reason in (
        (text.replace('"paint": 0', '"paint": 77', 1), "layer 1: there is no paint 77"),
        (text.replace('"version": 2', '"version": 1'), "belong to version 2"),
        (text.replace('"version": 2', '"version": 3'), "version"),
    ):
        (tmp_path / "wrong.json").write_text(wrong)
        with pytest.raises(ImpastoError, match=reason):
            load_painting(tmp_path / "wrong.json")


def test_a_plot_of_a_painting_by_hand_keeps_all_its_mixtures(tmp_path):
    chance = np.random.default_rng(4)
    mixtures = np.rint(chance.random((16, 3)) * 255).astype(np.float32) / np.float32(255)
    which = np.arange(32) // 2
    plain = painting(32)
    paints = tuple(Paint(str(at), tuple(map(float, colour))) for at, colour in enumerate(mixtures))
    coats = tuple(Coat(str(at), at, (2 * at, 2 * at + 1), step=1, brush=6.0) for at in range(16))
    made = replace(
        plain,
        strokes=replace(plain.strokes, colours=mixtures[which]),
        real=RealPaint((300, 200), (0, 0, 300, 200), paints, coats),
    )

    def colours(hand: Painting, pens: int | None) -> int:
        order = PlotOrder(tmp_path, load_machine("brush"), (300.0, 200.0), 10, pens)
        return len({layer.colour for layer in plan_plot(hand, order).job.layers})

    assert colours(made, None) > 12
    assert colours(made, 4) == 4
    assert colours(replace(made, real=None), None) <= 12


def test_a_plot_beyond_hpgl_leaves_no_older_one(tmp_path, capsys):
    small = PlotOrder(tmp_path, load_machine("pen"), (300.0, 200.0), 10, 3)
    write_plot(painting(3), small)
    check_plot_place(tmp_path)
    write_plot(painting(3), replace(small, canvas=(1000.0, 500.0)))
    assert {file.name for file in tmp_path.iterdir()} == {"plot.svg", "plot.gcode", "plot.png"}
    assert "No plot.hpgl was written" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("kind", ["svg", "gcode", "hpgl", "png"])
def test_others_plots_are_not_replaced(tmp_path, kind):
    (tmp_path / f"plot.{kind}").write_text("<svg><title>mine</title></svg>")
    with pytest.raises(ImpastoError, match=rf"--plot .* holds a plot\.{kind} that Impasto did not"):
        check_plot_place(tmp_path)
