"""What is named decides how it is painted."""

from pathlib import Path

import numpy as np
import pytest

from impasto.core.images import save
from impasto.paint import dispatch
from impasto.paint.commission import Order
from impasto.paint.painter import Plan


def named(place: Path, kind: str) -> Path:
    subject = place / {"clip": "a.mp4", "picture": "a.png"}.get(kind, "folder")
    if kind in ("run", "folder"):
        subject.mkdir()
    if kind == "run":
        (subject / "generator.safetensors").touch()
        (subject / "model.json").touch()
    if kind == "picture":
        save(np.zeros((16, 16, 3), np.uint8), subject)
    return subject


@pytest.mark.parametrize("kind", ["run", "folder", "clip", "picture"])
def test_a_run_a_folder_a_film_and_a_picture_are_told_apart(kind, tmp_path, monkeypatch):
    used = []
    for name in ("run", "folder", "clip", "picture"):
        monkeypatch.setattr(dispatch, f"paint_{name}", lambda *_, name=name: used.append(name))
    dispatch.paint_subject(named(tmp_path, kind), Order(Plan()), tmp_path / "o", 0.0)
    assert used == [kind]
