"""Dataclasses of options, as typer and forms see them."""

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from impasto.cli.describe import controls_of
from impasto.cli.groups import grouped


@dataclass(frozen=True)
class Paint:
    colour: Annotated[str, typer.Argument(help="What to paint with.")]
    width: Annotated[int, typer.Option(min=1, help="In pixels.")] = 3


@dataclass(frozen=True)
class Files:
    svg: Annotated[bool, typer.Option("--svg", help="Also lines.")] = False
    seconds: Annotated[float, typer.Option("--time", help="How long.")] = 1.0


@dataclass(frozen=True)
class OtherFiles(Files):
    seconds: Annotated[float, typer.Option("--time", help="How much of it.")] = 2.0


@grouped
def draw(
    context: typer.Context,
    paint: Paint,
    files: OtherFiles,
    seed: Annotated[int, typer.Option(help="Of chance.")] = 0,
) -> None:
    """Draw a line."""
    typer.echo(f"{context.command.name} {paint} {files} {seed}")


def ran(*words: str) -> str:
    app = typer.Typer(rich_markup_mode=None)
    app.command()(draw)
    done = CliRunner().invoke(app, list(words))
    return done.output


def test_a_field_is_an_option_and_comes_back_in_its_group():
    said = ran("red", "--width", "7", "--svg", "--seed", "5")
    assert said == "draw Paint(colour='red', width=7) OtherFiles(svg=True, seconds=2.0) 5\n"


def test_bounds_and_arguments_of_fields_are_checked():
    assert "--width" in ran("red", "--width", "0")
    assert "Missing argument" in ran()


def test_help_shows_fields_in_their_order_and_an_inherited_one_in_its_old_place():
    shown = ran("--help")
    places = [shown.index(word) for word in ("--width", "--svg", "--time", "--seed")]
    assert places == sorted(places)
    assert "How much of it." in shown
    assert "How long." not in shown


def test_forms_read_the_fields_of_a_group():
    controls = controls_of(draw)
    assert list(controls) == ["width", "svg", "seconds", "seed"]
    assert controls["width"].minimum == 1
    assert controls["seconds"].flag == "--time"
