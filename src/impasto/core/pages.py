"""Self-contained HTML pages: one file, no script from elsewhere, everything escaped."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from impasto.core.files import write_text


def render(template: str, **values: Any) -> str:
    """Fill `core/templates/<template>`; every value is HTML-escaped, every gap is an error."""
    environment = Environment(
        loader=PackageLoader("impasto.core"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def write_page(path: Path, template: str, **values: Any) -> None:
    """Render a page to `path`, atomically."""
    write_text(path, render(template, **values))
