"""The generators that the tests of painting use."""

from tests.generate.conftest import artefact, conditional, mapped, painter  # noqa: F401
