"""Options of `impasto paint` that belong together."""

from pathlib import Path

import pytest

from impasto.cli.paint_options import Basics, ByHand, Details, parse_sheets
from impasto.cli.strokes_again import PlotOptions
from impasto.errors import ImpastoError


@pytest.mark.parametrize(
    ("hand", "palette", "word"),
    [
        (ByHand(paints="acrylics"), None, "--paints belongs to --opaque"),
        (ByHand(brushes="3,8"), None, "--brushes belongs to --opaque"),
        (ByHand(opaque=True), "monet.jpg", "--palette monet.jpg"),
        (ByHand(opaque=True, paints="nothing"), None, "nothing"),
    ],
)
def test_what_does_not_go_together_names_its_option(hand, palette, word):
    with pytest.raises(ImpastoError, match=word):
        hand.order(palette, PlotOptions())


def test_by_hand_there_is_a_canvas_of_its_own_kind():
    usual = ByHand(opaque=True).order(None, PlotOptions())
    named = ByHand(opaque=True).order("9", PlotOptions(canvas="30x20cm", margin=5))
    assert usual.canvas == (400, 500)
    assert (named.canvas, named.margin) == ((300, 200), 5)
    assert ByHand().order("9", PlotOptions()) is None


@pytest.mark.parametrize(
    ("details", "word"),
    [
        (Details(thinnest=9, broadest=3), "--thinnest"),
        (Details(ground="brown"), "--ground"),
        (Details(palette="nothing.jpg"), "nothing.jpg"),
    ],
)
def test_details_are_checked_before_anything_is_painted(details, word):
    with pytest.raises(ImpastoError, match=word):
        details.check(Basics())


@pytest.mark.parametrize(
    "details", [Details(count=2), Details(checkpoint="last")], ids=["count", "checkpoint"]
)
def test_a_photograph_has_no_count_and_no_snapshots(details):
    with pytest.raises(ImpastoError, match=r"is for a RUN; leave it out for photo\.jpg"):
        details.check_subject(Path("photo.jpg"))
    Details().check_subject(Path("photo.jpg"))


def test_strokes_that_are_thinned_take_their_time():
    with pytest.raises(ImpastoError, match=r"--sparing.*--time"):
        Details(sparing=True).check(Basics(seconds=30))


def test_a_photograph_of_a_canvas_goes_with_one_picture_and_corners_with_it(tmp_path):
    with pytest.raises(ImpastoError, match="--from-canvas"):
        ByHand(from_canvas=tmp_path).check_canvas(one=False)
    with pytest.raises(ImpastoError, match="--corners"):
        ByHand(corners="0,0").check_canvas(one=True)


def test_sheets_need_steps():
    with pytest.raises(ImpastoError, match="--sheets"):
        parse_sheets("A4", opaque=False)
