"""`impasto prepare` as a program runs it."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from impasto.cli import app
from impasto.cli.prepare import _parse_size
from impasto.errors import ImpastoError


def test_json_tells_what_happened(tmp_path):
    (tmp_path / "in").mkdir()
    coarse = np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((200, 160)).save(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.png").write_bytes(b"")
    arguments = ["prepare", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--json"]
    arguments.append("--no-features")
    done = CliRunner().invoke(app, [*arguments, "--size", "48x32"])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert (summary["found"], summary["kept"]) == (2, 1)
    assert summary["dropped"] == {"empty file": 1}
    assert (tmp_path / "out" / "decisions.csv").is_file()


def test_sizes():
    assert _parse_size("64") == (64, 64)
    assert _parse_size("192x128") == (192, 128)
    for text in ("", "x", "64x", "-1", "9999", "1x2x3", "4", "٣٢"):
        with pytest.raises(ImpastoError, match="--size"):
            _parse_size(text)
