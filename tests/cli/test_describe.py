"""Options as the studio's forms read them."""

from impasto.cli.describe import verbs_of_the_studio

VERBS = verbs_of_the_studio()


def test_choices_bounds_and_flags_come_from_the_declarations():
    train, paint = VERBS["train"], VERBS["paint"]
    assert train["guard"].choices == ("warn", "stop", "rescue", "off")
    assert train["begin"].flag == "--from"
    assert (paint["strokes"].minimum, paint["strokes"].maximum) == (1, 200_000)
    assert VERBS["prepare"]["features"].off == "--no-features"
    assert VERBS["generate"]["move"].several


def test_a_brush_is_chosen_the_usual_one_first():
    assert VERBS["paint"]["brush"].choices[0] == "oil"
    assert VERBS["repaint"]["brush"].kind == "choice"


def test_arguments_are_no_controls():
    assert "data" not in VERBS["train"]
    assert "run" not in VERBS["generate"]
