"""Recipes: one YAML file each, whose header tells source, differences, cost and command.

A recipe is pure data. `impasto recipes NAME > mine.yaml` copies one to edit;
`impasto train DATA --recipe mine.yaml` trains by it.
"""

from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from impasto.config import Config, parse_config
from impasto.errors import ImpastoError

DEFAULT = "impasto-64"
"""What `impasto train` uses when no recipe is named."""

_LARGEST_FILE = 2**20


def names() -> list[str]:
    """The built-in recipes, sorted, the default first."""
    files = resources.files(__name__).iterdir()
    found = sorted(f.name.removesuffix(".yaml") for f in files if f.name.endswith(".yaml"))
    return [DEFAULT, *(name for name in found if name != DEFAULT)]


def text(name: str) -> str:
    """A built-in recipe as YAML with its header of comments.

    Raises:
        ImpastoError: there is no such recipe.
    """
    if name not in names():
        raise ImpastoError(
            f"There is no recipe {name!r}; name one of {', '.join(names())}, or a .yaml file."
        )
    return resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")


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
    if not name_or_file.endswith((".yaml", ".yml")):
        return parse_config(_parse_yaml(text(name_or_file), name_or_file), name_or_file)
    path = Path(name_or_file)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ImpastoError(f"{path} is too large to be a recipe.")
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ImpastoError(f"The recipe {path} cannot be read ({error}).") from error
    return parse_config(_parse_yaml(content, str(path)), str(path))


def dump(config: Config) -> str:
    """A configuration as YAML that `load` reads back to an equal one."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def parse_value(value: str) -> Any:
    """The value of `--set knob=value`, read as YAML would read it (`[a, b]`, `null`, `true`)."""
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise ImpastoError(f"--set: {value!r} is not a value ({reason}).") from error


def _parse_yaml(content: str, where: str) -> Any:
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ImpastoError(f"{where} is not valid YAML: {reason}") from error
