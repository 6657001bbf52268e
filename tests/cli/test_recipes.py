"""`impasto recipes`, for people and for programs."""

import json

from tests.cli.test_verbs import impasto, mistake


def test_knobs_and_recipes_are_told_as_json_too():
    _, text, _ = impasto("recipes", "--knobs", "--json")
    assert {"knob", "accepts", "meaning"} == set(json.loads(text)[0])
    _, text, _ = impasto("recipes", "--json")
    assert json.loads(text)[0]["name"] == "impasto-64"
    _, text, _ = impasto("recipes", "r3gan-64", "--json")
    assert json.loads(text)["name"] == "r3gan-64"


def test_an_unknown_one_tells_the_known_ones(monkeypatch, capsys):
    assert "impasto-64" in mistake(monkeypatch, capsys, "recipes", "nothing")
