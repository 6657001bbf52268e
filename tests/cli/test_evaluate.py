"""Mistakes that `impasto evaluate` names before torch is loaded."""

import pytest

from tests.cli.test_verbs import mistake


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["nowhere"], "nowhere"),
        (["impressionists-64"], "--against"),
        (["impressionists-64", "--against", "nowhere"], "nowhere"),
        (["impressionists-64", "--networks", "lite9"], "--networks"),
        (["impressionists-64", "--networks", ","], "--networks"),
    ],
)
def test_a_mistake_names_its_option(words, option, monkeypatch, capsys):
    assert option in mistake(monkeypatch, capsys, "evaluate", *words)
