"""A folder of recipes, one YAML file each, and how a recipe file is read: bounded, as pure data."""

from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from impasto.errors import ImpastoError
from impasto.reading import parse_yaml, read_text

LARGEST_RECIPE = 128 * 2**10


@dataclass(frozen=True)
class Shelf:
    """Recipes of one kind that come with Impasto."""

    folder: Traversable
    default: str
    """The name that is meant where none is given."""

    kind: str = "recipe"
    """What one is called, for errors."""

    def names(self) -> list[str]:
        """Their names, sorted, the default first."""
        files = (file.name for file in self.folder.iterdir())
        found = sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml"))
        return [self.default, *(name for name in found if name != self.default)]

    def text(self, name: str) -> str:
        """One of them as YAML with its header of comments.

        Raises:
            ImpastoError: there is no such recipe.
        """
        if name not in self.names():
            raise ImpastoError(
                f"There is no {self.kind} {name!r}; name one of {', '.join(self.names())}, "
                "or a .yaml file."
            )
        return self.folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8")

    def values(self, name_or_file: str) -> Any:
        """What one of them says, or any recipe file by its path (`*.yaml`, `*.yml`).

        Raises:
            ImpastoError: no such recipe or file, too large a file, or not YAML.
        """
        if not name_or_file.endswith((".yaml", ".yml")):
            return parse_yaml(self.text(name_or_file), name_or_file)
        path = Path(name_or_file)
        return parse_yaml(read_text(path, f"a {self.kind}", LARGEST_RECIPE), str(path))
