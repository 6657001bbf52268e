"""How many strokes a plan lays."""

from impasto.paint.plan import Plan


def test_spare_strokes_are_laid_beyond_those_asked_for():
    assert Plan(strokes=200).laid == 200
    assert Plan(strokes=200, spare=0.25).laid == 250
