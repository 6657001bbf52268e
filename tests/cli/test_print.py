"""Mistakes that `impasto print` names."""

import pytest

from tests.cli.test_verbs import mistake


@pytest.mark.parametrize("paper", ["A99", "1x1mm", "9x9km", ""])
def test_what_is_no_paper_names_the_option(paper, monkeypatch, capsys, tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"")
    assert "--paper" in mistake(monkeypatch, capsys, "print", str(picture), "--paper", paper)


def test_a_missing_picture_is_named(monkeypatch, capsys):
    assert "nowhere.png" in mistake(monkeypatch, capsys, "print", "nowhere.png")
