"""Recipes: one YAML file each, whose header tells source, differences, cost and command.

A recipe is pure data. `impasto recipes NAME > mine.yaml` copies one to edit;
`impasto train DATA --recipe mine.yaml` trains by it.
"""

from collections.abc import Mapping
from importlib import resources
from typing import Any

import yaml

from impasto.config import LENGTHS, Changes, Config, parse_config
from impasto.errors import ImpastoError
from impasto.reading import parse_yaml
from impasto.recipes.amended import FORMERLY
from impasto.recipes.shelf import Shelf

DEFAULT = "impasto-64"
"""What `impasto train` uses when no recipe is named."""

LONGEST_VALUE = 1_000
"""Characters of one knob's value in `--set`."""

HANGING = 15
"""Characters before the text of a header's parts."""

_SHELF = Shelf(resources.files(__name__), DEFAULT)


def names() -> list[str]:
    """The built-in recipes, sorted, the default first."""
    return _SHELF.names()


def text(name: str) -> str:
    """A built-in recipe as YAML with its header of comments.

    Raises:
        ImpastoError: there is no such recipe.
    """
    return _SHELF.text(name)


def header(name: str) -> str:
    """The recipe's story: the comment at its top, without the comment signs."""
    lines = []
    for line in text(name).splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").removeprefix(" "))
    return "\n".join(lines)


def part(name: str, title: str) -> str:
    """One part of a recipe's header (`What they did`, `What differs`, `Result`), on one line.

    A title stands at the beginning of a line; its text, and what continues it, in column 16.
    Empty if there is no such part.
    """
    found: list[str] = []
    inside = False
    for line in header(name).splitlines():
        if line.strip() and not line.startswith(" "):
            inside = line[:HANGING].rstrip() == title
        if inside:
            found += line[HANGING:].split()
    return " ".join(found)


def as_begun(name: str, begun: Config, settings: Changes) -> dict[str, object]:
    """Knobs that a built-in recipe has been given since a run began by it, as the run has them.

    Args:
        name: the recipe that is asked for.
        begun: the run's own recipe.
        settings: knobs that are asked for; these are not kept from changing.
    """
    lengths = {f"training.{length}" for length in LENGTHS}
    asked = set(settings) | (lengths if lengths & set(settings) else set())
    former = FORMERLY.get(name, {}) if begun.name == name else {}
    values = begun.model_dump()
    return {
        knob: value
        for knob, value in former.items()
        if knob not in asked and _at(values, knob) == value
    }


def _at(values: Mapping[str, Any], knob: str) -> object:
    section, name = knob.split(".")
    return values[section][name]


def load(name_or_file: str) -> Config:
    """Read a built-in recipe by name, or any recipe file by its path (`*.yaml`, `*.yml`).

    Raises:
        ImpastoError: no such recipe or file, not YAML, or a knob that does not fit.
    """
    return parse_config(_SHELF.values(name_or_file), name_or_file)


def dump(config: Config) -> str:
    """A configuration as YAML that `load` reads back to an equal one."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def parse_value(value: str) -> Any:
    """The value of `--set knob=value`, read as YAML would read it (`[a, b]`, `null`, `true`)."""
    if len(value) > LONGEST_VALUE:
        raise ImpastoError(f"--set: a value of {len(value):,} characters is too long.")
    return parse_yaml(value, f"--set: {value!r}")
