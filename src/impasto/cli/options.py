"""Choices that several verbs offer, as types that say themselves in --help."""

from collections.abc import Sequence
from typing import Literal

from impasto.core.shipped import names

SHIPPED = f", or a name: {', '.join(names())}" if names() else ""
"""Behind "a run, a folder with a generator": the generators that come with Impasto."""

GENERATOR = f"A run of `impasto train`, a folder with generator.safetensors{SHIPPED}."

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
"""Where to train."""

PrecisionName = Literal["auto", "fp32", "bf16"]
"""How precisely to multiply."""


def settings_of(settings: Sequence[str] | None, example: str) -> dict[str, object]:
    """What `--set KNOB=VALUE`, repeated, asks for: knob → value.

    Raises:
        ImpastoError: one has no `=`; `example` shows how it is meant.
    """
    from impasto.errors import ImpastoError
    from impasto.recipes import parse_value

    changes: dict[str, object] = {}
    for setting in settings or ():
        knob, equals, value = setting.partition("=")
        if not equals:
            raise ImpastoError(f"--set {setting}: write it as knob=value, like {example}.")
        changes[knob.strip()] = parse_value(value)
    return changes
