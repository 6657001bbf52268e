"""Recipes: one YAML file each, whose header tells source, differences, cost and command.

A recipe is pure data. `impasto recipes NAME > mine.yaml` copies one to edit;
`impasto train DATA --recipe mine.yaml` trains by it.
"""

from importlib import resources
from typing import Any

import yaml

from impasto.config import Config, parse_config
from impasto.errors import ImpastoError
from impasto.reading import parse_yaml
from impasto.recipes.shelf import Shelf

DEFAULT = "impasto-64"
"""What `impasto train` uses when no recipe is named."""

LONGEST_VALUE = 1_000
"""Characters of one knob's value in `--set`."""

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
