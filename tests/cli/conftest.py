"""What commands work on: a run, a photograph."""

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from impasto.cli import app
from impasto.data.colourfield import paint as colourfield
from tests.conftest import TINY_OPTIONS


@pytest.fixture
def trained(paintings, tmp_path) -> Path:
    """A run of a moment."""
    words = ["train", str(paintings), "--out", str(tmp_path / "run"), "--images", "16"]
    assert CliRunner().invoke(app, [*words, *TINY_OPTIONS]).exit_code == 0
    return tmp_path / "run"


@pytest.fixture
def photo(tmp_path):
    """A small picture file to paint."""
    file = tmp_path / "photo.png"
    Image.fromarray(colourfield(3, 96)[:64]).save(file)
    return file
