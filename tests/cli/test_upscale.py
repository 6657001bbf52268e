"""Mistakes that `impasto upscale` names before torch is loaded."""

import pytest

from tests.cli.test_verbs import mistake


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["nowhere.png"], "nowhere.png"),
        ([".", "--model", "huge"], "--model"),
        ([".", "--model", "mine.pth"], "mine.pth"),
        ([".", "--print", "A99"], "--print"),
        ([".", "--print", "A4", "--scale", "2"], "leave out --scale"),
        ([".", "--format", "jpeg", "--out", "a.png"], "--format jpeg does not fit --out a.png"),
    ],
)
def test_a_mistake_names_its_option(words, option, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert option in mistake(monkeypatch, capsys, "upscale", *words)
