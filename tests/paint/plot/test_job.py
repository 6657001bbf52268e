"""What a machine is to draw."""

import numpy as np
import pytest

from impasto.errors import ImpastoError
from impasto.paint.plot.job import Job, Layer, Line, numbered, rest


def line(stroke):
    points = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]])
    return Line(points, np.array([0.0, 0.5, 1.0]), 0.5, stroke)


@pytest.fixture
def job():
    white = Layer("1 white", 1, (1, 1, 1), [line(0), line(2)])
    black = Layer("2 black", 2, (0, 0, 0), [line(1)])
    return numbered(Job(100, 80, (1, 1, 1), [white, black]))


def test_lines_are_numbered_through_all_layers(job):
    assert [each.number for each in job.lines()] == [1, 2, 3]
    assert len(job) == 3


def test_what_is_drawn_already_is_left_out_with_the_layers_that_are_done(job):
    assert [each.number for each in rest(job, 2).lines()] == [2, 3]
    assert [each.pen for each in rest(job, 3).layers] == [2]


@pytest.mark.parametrize("first", [0, 4])
def test_a_beginning_that_there_is_not_names_the_option(job, first):
    with pytest.raises(ImpastoError, match="--resume-at"):
        rest(job, first)


def test_a_line_turned_is_as_long_and_begins_where_it_ended():
    one = line(0)
    turned = one.turned()
    assert turned.length == pytest.approx(one.length) == pytest.approx(6)
    assert turned.points[0].tolist() == [3, 5]
    assert turned.pressure[0] == 1


def test_a_plot_of_nothing_asks_for_a_thinner_pen():
    with pytest.raises(ImpastoError, match=r"--pen.*--canvas"):
        numbered(Job(100, 80, (1, 1, 1), []))
