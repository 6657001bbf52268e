"""`impasto recipes`: list recipes, print one to copy and edit, list every knob."""

import json
from typing import Annotated

import typer


def recipes(
    name: Annotated[
        str | None, typer.Argument(help="Print this recipe as YAML, to copy and edit.")
    ] = None,
    knobs: Annotated[
        bool, typer.Option("--knobs", help="List every knob that a recipe or --set can change.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the recipes, one line each; or print one as YAML to copy and edit.

    impasto recipes dcgan-tutorial-64 > mine.yaml; impasto train FOLDER --recipe mine.yaml
    """
    from impasto import config
    from impasto import recipes as library

    if knobs:
        rows = config.knobs()
        if as_json:
            keys = ("knob", "accepts", "meaning")
            typer.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
        else:
            for knob, accepts, meaning in rows:
                typer.echo(f"{knob}  ({accepts})\n    {meaning}")
    elif name:
        if as_json:
            typer.echo(library.load(name).model_dump_json(indent=2))
        else:
            typer.echo(library.text(name), nl=False)
    else:
        loaded = [library.load(each) for each in library.names()]
        if as_json:
            typer.echo(json.dumps([{"name": c.name, "summary": c.summary} for c in loaded]))
        else:
            for each in loaded:
                typer.echo(f"{each.name:<22}{each.summary}")
