"""A wrong value is refused in plain words, with the option's name, before anything is made."""

import pytest
from typer.testing import CliRunner

from impasto.cli import app
from impasto.cli.refusals import in_plain_words


@pytest.mark.parametrize(
    ("words", "option", "said"),
    [
        (["kit", "x.jpg", "--level", "expert"], "--level", "'easy', 'medium', 'hard'"),
        (["generate", "x", "--count", "many"], "--count", "a whole number"),
        (["generate", "x", "--count", "0"], "--count", "at least 1"),
        (["train", "x", "--minutes", "soon"], "--minutes", "a number"),
        (["train", "x", "--processes", "5000"], "--processes", "at most 1024"),
        (["explore", "mix", "x", "1", "2", "--count", "x"], "--count", "a whole number"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(words, option, said):
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert option in result.output
    assert said in result.output
    for strange in ("Value error", "Input should", "parse string"):
        assert strange not in result.output


def test_other_messages_stay_as_they_are():
    assert in_plain_words("no such picture") == "no such picture"
