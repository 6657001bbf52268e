"""Self-contained HTML pages: one file, no foreign scripts, everything escaped.

Untrusted names cannot affect the page: marks that change the reading direction, which would also
reverse the text after them, are escaped too.
"""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from impasto.core.console import counted, visible
from impasto.core.files import write_text


class Templates(Environment):
    """In templates, `texts.keys` is the entry `keys`, not the dictionary's method."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look up an entry, then an attribute."""
        return self.getitem(obj, attribute)


def render(
    template: str, place: tuple[str, str] = ("impasto.core", "templates"), /, **values: Any
) -> str:
    """Fill a template; HTML-escape every value unless it is Markdown; a missing value is an error.

    Args:
        template: the file's name.
        place: its package, and its folder there.
        values: values by name.
    """
    # Whatever displays Markdown must sanitise it.
    environment = _templates(*place, escapes=not template.endswith(".md"))
    return environment.get_template(template).render(**values)


@cache
def _templates(package: str, folder: str, escapes: bool) -> Templates:
    """Of one place: compiled once, which took a third of preparing a small set each time."""
    environment = Templates(
        loader=PackageLoader(package, folder),
        autoescape=escapes,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: value if hasattr(value, "__html__") else visible(str(value)),
    )
    environment.filters["counted"] = counted
    return environment


def write_page(path: Path, template: str, **values: Any) -> None:
    """Render a page to `path`, atomically."""
    write_text(path, render(template, **values))
