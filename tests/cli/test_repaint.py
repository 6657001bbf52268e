"""Mistakes that `impasto repaint` names before it draws."""

import pytest

from tests.cli.test_verbs import mistake


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--size", "64", "--print", "A4"], "--size"),
        (["--brush", "broom"], "broom"),
        (["--machine", "pen"], "--machine"),
        (["--canvas", "A3"], "--canvas belongs to --plot; say where"),
        (["--film-seconds", "5"], "--film-seconds needs --film; add it."),
        (["--sheets", "A99"], "--sheets"),
    ],
)
def test_a_mistake_names_its_option(words, option, monkeypatch, capsys, tmp_path):
    strokes = tmp_path / "strokes.json"
    strokes.write_text("{}")
    assert option in mistake(monkeypatch, capsys, "repaint", str(strokes), *words)


def test_missing_strokes_are_named(monkeypatch, capsys):
    assert "nowhere.json" in mistake(monkeypatch, capsys, "repaint", "nowhere.json")
