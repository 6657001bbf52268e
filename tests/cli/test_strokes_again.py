"""Options that `impasto paint` and `impasto repaint` share."""

from pathlib import Path

import pytest

from impasto.cli.strokes_again import Files, PlotOptions
from impasto.errors import ImpastoError


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (PlotOptions(machine="pen"), "--machine"),
        (PlotOptions(resume_at=3), "--resume-at"),
        (PlotOptions(canvas="A3"), "--canvas"),
    ],
)
def test_without_a_plot_its_options_are_refused(options, named):
    with pytest.raises(ImpastoError, match=named):
        options.order()


def test_a_hand_has_a_canvas_without_a_plot():
    assert PlotOptions(canvas="A3", margin=5).order(opaque=True) is None


def test_a_plot_has_a_pen_and_a_paper():
    order = PlotOptions(plot=Path("plotted"), pen=0.5).order()
    assert order.machine.pen == 0.5
    assert sorted(order.canvas) == [297, 420]


def test_only_where_there_is_a_plan_by_hand_is_it_named():
    with pytest.raises(ImpastoError, match="--canvas belongs to --plot or --opaque;"):
        PlotOptions(canvas="A3").order(opaque=False)
    with pytest.raises(ImpastoError, match="--margin belongs to --plot;"):
        PlotOptions(margin=4).order()


def test_a_length_alone_makes_no_film():
    assert [each.seconds() for each in (Files(), Files(film=True))] == [14, 14]
    assert Files(film_as="gif", film_seconds=3).seconds() == 3
    assert Files(film_seconds=3).seconds(of_clip=True) == 3
    with pytest.raises(ImpastoError, match="--film-seconds needs --film"):
        Files(film_seconds=14).seconds()


def test_a_films_format_implies_a_film():
    kinds = [each.film_kind for each in (Files(), Files(film=True), Files(film_as="gif"))]
    assert kinds == [None, "mp4", "gif"]
