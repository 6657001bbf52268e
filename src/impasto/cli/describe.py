"""The options of a verb as plain values, from which the studio builds its forms.

They are read from the functions, so each option is described only where it is declared.
"""

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from typer.models import ArgumentInfo, OptionInfo

from impasto.studio.controls import Control, Kind


def verbs_of_the_studio() -> dict[str, dict[str, Control]]:
    """The options of the verbs that the studio has forms for."""
    from impasto.brush.settings import BRUSHES
    from impasto.cli.collect import collect
    from impasto.cli.compare import compare
    from impasto.cli.evaluate import evaluate
    from impasto.cli.export import export
    from impasto.cli.film import film
    from impasto.cli.generate import generate
    from impasto.cli.paint import paint
    from impasto.cli.prepare import prepare
    from impasto.cli.print import print_
    from impasto.cli.repaint import repaint
    from impasto.cli.train import train

    known = (
        *(paint, repaint, train, generate, film, prepare),
        *(collect, evaluate, compare, export, print_),
    )
    verbs = {verb.__name__: controls_of(verb) for verb in known}
    brushes = tuple(sorted(BRUSHES, key=lambda name: name != "oil"))  # the default first
    for verb in ("paint", "repaint"):
        verbs[verb]["brush"] = replace(verbs[verb]["brush"], kind="choice", choices=brushes)
    mask = replace(verbs["paint"]["mask"], kind="file", choices=("auto",))  # or a painted mask
    verbs["paint"]["mask"] = mask
    return verbs


def controls_of(verb: Callable[..., Any]) -> dict[str, Control]:
    """A verb's options by parameter name, in the order of `--help`."""
    found = {}
    for name, parameter in inspect.signature(verb, eval_str=True).parameters.items():
        kind, *notes = typing.get_args(parameter.annotation) or (None,)
        info = next((note for note in notes if isinstance(note, OptionInfo | ArgumentInfo)), None)
        if isinstance(info, OptionInfo):
            found[name] = _control(name, kind, info, parameter.default)
    return found


def _control(name: str, kind: Any, info: OptionInfo, default: Any) -> Control:
    # With an annotation, typer takes the first flag as the default.
    named = (info.default, *(info.param_decls or ()))
    flags = [flag for flag in named if isinstance(flag, str) and flag.startswith("--")]
    several = typing.get_origin(_without_none(kind)) is list
    plain = _without_none(typing.get_args(_without_none(kind))[0] if several else kind)
    choices = typing.get_args(plain) if typing.get_origin(plain) is Literal else ()
    flag, _, off = (flags[0] if flags else f"--{name.replace('_', '-')}").partition("/")
    return Control(
        name=name,
        flag=flag,
        off=off,
        kind=_kind(plain, choices),
        help=info.help or "",
        default=default if isinstance(default, bool | int | float | str) else None,
        minimum=info.min,
        maximum=info.max,
        choices=tuple(str(choice) for choice in choices),
        several=several,
    )


def _kind(plain: Any, choices: tuple[Any, ...]) -> Kind:
    if choices:
        return "choice"
    kinds: dict[Any, Kind] = {bool: "flag", int: "integer", float: "number", Path: "file"}
    return kinds.get(plain, "text")


def _without_none(kind: Any) -> Any:
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return next(each for each in typing.get_args(kind) if each is not type(None))
    return kind
