"""Every verb has `--progress`."""

import typer
from typer.main import get_command

from impasto.cli import app


def verbs(command):
    inner = getattr(command, "commands", None)
    return [command] if inner is None else [v for each in inner.values() for v in verbs(each)]


def test_every_verb_offers_it_last():
    found = verbs(get_command(app))
    assert len(found) > 20
    for verb in found:
        assert "progress" in [each.name for each in verb.params], verb.name


def test_a_verb_added_later_is_offered_it_too():
    from impasto.cli.progress import offer_progress

    other = typer.Typer()

    @other.command()
    def paint(colour: str = "red") -> None:
        """Paint."""

    offer_progress(other)
    assert [each.name for each in get_command(other).params][:2] == ["colour", "progress"]
