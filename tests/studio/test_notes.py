"""Files of a job's folder, torn or foreign ones included."""

from impasto.studio.notes import events_in, note, spoken_in, tail


def test_a_note_that_is_none_is_nothing(tmp_path):
    for number, text in enumerate(["", "[1]", "{", "3"]):
        (tmp_path / str(number)).write_text(text)
        assert note(tmp_path / str(number)) is None
    assert note(tmp_path / "missing") is None
    (tmp_path / "a").write_text('{"at": 1}')
    assert note(tmp_path / "a") == {"at": 1}


def test_the_tail_begins_with_a_whole_line(tmp_path):
    (tmp_path / "a").write_text("first\nsecond\nthird\n")
    assert tail(tmp_path / "a", 10) == "third\n"
    assert tail(tmp_path / "a", 100) == "first\nsecond\nthird\n"
    assert tail(tmp_path / "missing") == ""


def test_events_and_other_words_are_told_apart(tmp_path):
    rows = ["a warning", '{"event": "said", "text": "well"}', "[1]", '{"event": 5}']
    (tmp_path / "a").write_text("\n".join(rows))
    assert events_in(tmp_path / "a") == [{"event": "said", "text": "well"}]
    assert spoken_in(tmp_path / "a") == "a warning\nwell"
