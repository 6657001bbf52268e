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
        (["impressionists-64", "--blind", "--networks", "lite0"], "--networks does not go with"),
        (["impressionists-64", "--blind", "--processes", "2"], "--processes does not go with"),
        (["impressionists-64", "--blind", "--json"], "--json does not go with --blind"),
        (["impressionists-64", "--blind", "--count", "501"], "--count 501"),
        (["impressionists-64", "--no-serve"], "--no-serve is for --blind"),
        (["impressionists-64", "--no-browser"], "--no-browser is for --blind"),
    ],
)
def test_a_mistake_names_its_option(words, option, monkeypatch, capsys):
    assert option in mistake(monkeypatch, capsys, "evaluate", *words)
