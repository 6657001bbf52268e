"""The browser in which pages are tested; without it their tests skip, or fail where CI asks so."""

import os
import shutil

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
REQUIRED = os.environ.get("IMPASTO_REQUIRE_BROWSER") == "1"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

skip_without_chromium = pytest.mark.skipif(
    CHROMIUM is None and not REQUIRED, reason="no Chromium on the PATH"
)
needs_chromium = [pytest.mark.browser, skip_without_chromium]
"""The marks of a module whose tests open pages."""
