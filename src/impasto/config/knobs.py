"""Every knob, listed for people."""

import types
import typing
from typing import Annotated, Any, Literal

from impasto.config.recipe import Config
from impasto.config.section import Section


def knobs(section: type[Section] = Config, prefix: str = "") -> list[tuple[str, str, str]]:
    """Every knob as (name, what it accepts, documentation), in reading order."""
    rows = []
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            rows += knobs(field.annotation, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, _accepts(field.annotation), field.description or ""))
    return rows


def _accepts(annotation: Any) -> str:
    """`int`, `float or nothing`, `a | b`: a readable name of a type."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _accepts(arguments[0])
    if origin is Literal:
        return " | ".join(str(argument) for argument in arguments)
    if origin in (types.UnionType, typing.Union):
        return " or ".join("nothing" if a is type(None) else _accepts(a) for a in arguments)
    if origin is tuple:
        return f"list of {_accepts(arguments[0])}"
    return {int: "whole number", float: "number", bool: "true | false", str: "text"}.get(
        annotation, str(annotation)
    )
