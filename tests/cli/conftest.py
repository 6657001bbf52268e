"""A run that commands work on."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from impasto.cli import app
from tests.conftest import TINY_OPTIONS


@pytest.fixture
def trained(paintings, tmp_path) -> Path:
    """A run of a moment."""
    words = ["train", str(paintings), "--out", str(tmp_path / "run"), "--images", "16"]
    assert CliRunner().invoke(app, [*words, *TINY_OPTIONS]).exit_code == 0
    return tmp_path / "run"
