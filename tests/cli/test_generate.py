"""How the options of `impasto generate` become a request."""

import sys
from pathlib import Path

import pytest

from tests.cli.test_verbs import impasto, mistake

RUN = "impressionists-64"


@pytest.fixture
def asked(monkeypatch):
    seen = []
    module = sys.modules["impasto.cli.generate"]  # the package's name for it is the function
    monkeypatch.setattr(
        module, "answer", lambda request, as_json, *_: seen.append((request, as_json))
    )
    return seen


def test_every_option_reaches_the_request(asked):
    words = ["--seeds", "3,7", "--move", "warm=2", "--truncation", "0.5", "--grid", "--json"]
    impasto("generate", RUN, *words, "--out", "made", "--print", "A4", "--no-numbers")
    ((request, as_json),) = asked
    assert as_json
    assert (request.seeds, request.moves, request.truncation) == ("3,7", ("warm=2",), 0.5)
    assert (request.grid, request.numbers, request.out) == (True, False, Path("made"))
    assert request.paper.name == "A4-300dpi"
    assert not request.is_walk


def test_a_film_of_old_spelling_goes_on_with_one_line_of_notice(asked, capsys):
    _, _, said = impasto("generate", RUN, "--circle", "--seconds", "1")
    assert asked[0][0].is_walk
    assert "impasto film" in said


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--seeds", "a-b"], "--seeds"),
        (["--judge", "lite0"], "--best"),
        (["--print", "A99"], "--print"),
        (["--loop"], "--interpolate"),
    ],
)
def test_a_mistake_names_its_option(words, option, monkeypatch, capsys):
    assert option in mistake(monkeypatch, capsys, "generate", RUN, *words)
