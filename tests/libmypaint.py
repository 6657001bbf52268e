"""The real brush; without it the tests of it skip, or fail where CI asks so."""

import os

import pytest

from impasto.brush import mypaint

REQUIRED = os.environ.get("IMPASTO_REQUIRE_MYPAINT") == "1"

real = pytest.mark.skipif(
    not mypaint.is_here() and not REQUIRED,
    reason="libmypaint is not installed (IMPASTO_REQUIRE_MYPAINT=1 makes this a failure)",
)
