"""Machines' descriptions: those that come along, and what is wrong with others."""

import pytest

from impasto.errors import ImpastoError
from impasto.paint.plot.machine import load_machine, machines
from impasto.paint.plot.sheet import lay_out, parse_canvas

PLAIN = """
gcode:
  travel: "G0 X{x} Y{y}"
  lower: "M3"
  draw: "G1 X{x} Y{y}"
  lift: "M5"
"""


def test_machines_that_come_along_can_be_read():
    assert machines() == ["brush", "pen", "pen-z"]
    assert all(load_machine(name).name for name in machines())
    assert load_machine("pen").pen
    assert load_machine("brush").refill


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PLAIN.replace("{y}", "{why}", 1), r"unknown word \{why\}; known words: feed, x, y"),
        (PLAIN.replace("{y}", "{y.real}", 1), "unknown word"),
        (PLAIN.replace("{y}", "{y:>99999999}", 1), "stand alone"),
        (PLAIN.replace("{y}", "{", 1), "brace"),
        (PLAIN + "colour: red\n", "there is no colour; known here: name"),
        (PLAIN + "pen: 0\n", "pen: "),
        (PLAIN + "refill: {every: 100, x: 0, y: 0}\n", "no refill template"),
        ("gcode: {}\n", "travel"),
        ("[1, 2]\n", "no machine's description"),
    ],
)
def test_what_is_wrong_with_a_machine_is_one_sentence(tmp_path, text, reason):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ImpastoError, match=reason) as error:
        load_machine(str(file))
    assert "\n" not in str(error.value)


def test_an_unknown_machine_is_told_with_those_that_are_known():
    with pytest.raises(ImpastoError, match="brush, pen, pen-z"):
        load_machine("plotter2000")


def test_canvases_are_told_in_many_ways():
    assert parse_canvas("400x300mm") == parse_canvas("40x30") == (400.0, 300.0)
    assert parse_canvas("a3") == pytest.approx((297, 420))
    for wrong in ("0x0mm", "0x300mm", "big", "9000x9000mm"):
        with pytest.raises(ImpastoError, match="--canvas"):
            parse_canvas(wrong)


def test_a_margin_leaves_room_and_the_canvas_is_turned():
    sheet = lay_out((297, 420), 10, 300, 200)
    assert (sheet.width, sheet.height) == (420, 297)
    assert sheet.across / sheet.down == pytest.approx(1.5)
    assert sheet.left >= 10
    with pytest.raises(ImpastoError, match="--margin 200"):
        lay_out((297, 420), 200, 300, 200)
