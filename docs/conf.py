"""The documentation site: `make docs` builds it strictly into `site/`, a static folder."""

import sys
from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))
from generated import write_pages

project = "Impasto"
author = "the Impasto authors"
release = metadata.version("impasto")
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["pictures/**/*.md", "measured"]
default_role = "code"
smartquotes = False  # they would make one dash of the two before an option
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(torch|numpy|PIL|pathlib|huggingface_hub|collections)\..*")]
suppress_warnings = ["myst.header"]  # pages that verbs show may begin below a first heading

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_class_signature = "separated"
napoleon_google_docstring = True

html_theme = "furo"
html_title = "Impasto"
html_static_path: list[str] = []
html_show_sphinx = False
html_copy_source = False
copybutton_prompt_text = r">>> |\$ "
copybutton_prompt_is_regexp = True


def setup(app: Sphinx) -> None:
    """Called by Sphinx: pages that the code writes are there before any is read."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir, "reference")))
