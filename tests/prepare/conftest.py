"""The pictures that the tests of sets paint."""

from tests.data.conftest import painter  # noqa: F401
