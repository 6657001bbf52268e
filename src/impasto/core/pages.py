"""Self-contained HTML pages: one file, no script from elsewhere, everything escaped.

What a stranger's name says is shown, never obeyed: marks that turn the direction of reading would
turn our own words behind it, too.
"""

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from impasto.core.console import counted, visible
from impasto.core.files import write_text


class Templates(Environment):
    """`texts.keys` is the entry of that name, not the method of a dictionary."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An entry, else an attribute."""
        return self.getitem(obj, attribute)


def render(
    template: str, place: tuple[str, str] = ("impasto.core", "templates"), /, **values: Any
) -> str:
    """Fill a template; every value is HTML-escaped unless it is Markdown, every gap is an error.

    Args:
        template: the file's name.
        place: the package that it lies in, and its folder there.
        values: what goes into it.
    """
    environment = Templates(
        loader=PackageLoader(*place),
        autoescape=not template.endswith(".md"),  # who shows Markdown cleans it
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: value if hasattr(value, "__html__") else visible(str(value)),
    )
    environment.filters["counted"] = counted
    return environment.get_template(template).render(**values)


def write_page(path: Path, template: str, **values: Any) -> None:
    """Render a page to `path`, atomically."""
    write_text(path, render(template, **values))
