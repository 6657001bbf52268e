"""`impasto paint --brush RUN`, and `--brush FILE.myb` where the system has libmypaint."""

import json

import numpy as np
import pytest
from PIL import Image

from impasto.data.colourfield import paint as colourfield
from impasto.paint.document import load_painting
from tests.brush.test_myb import CHALK, changed, setting, written
from tests.cli.test_verbs import impasto, mistake
from tests.libmypaint import real

SMALL = ("--strokes", 24, "--size", 64)


@pytest.fixture
def painted(tmp_path):
    """A photograph painted by a MyPaint brush whose file is lost afterwards."""
    photo, brush = tmp_path / "photo.png", written(tmp_path, CHALK)
    Image.fromarray(colourfield(3, 96)[:64]).save(photo)
    out = tmp_path / "o"
    status, text, said = impasto("paint", photo, *SMALL, "--brush", brush, "--out", out, "--json")
    assert status == 0, said
    assert json.loads(text)["psnr"] > 15
    brush.unlink()
    return out


@real
def test_a_painting_carries_its_brush_and_is_drawn_again_by_it(painted, tmp_path):
    strokes = json.loads((painted / "strokes.json").read_text())
    assert (strokes["version"], strokes["myb"]) == (2, "brush.myb")
    status, text, _ = impasto("repaint", painted / "strokes.json", "--out", tmp_path / "same")
    assert status == 0
    before, after = (np.asarray(Image.open(f)) for f in (painted / "painting.png", text.strip()))
    assert np.array_equal(before, after)
    moved = (tmp_path / "same").rename(tmp_path / "elsewhere")
    assert load_painting(moved / "strokes.json").brush == str(moved / "brush.myb")
    status, _, _ = impasto("repaint", moved / "strokes.json", "--svg", "--size", 300)
    assert status == 0


@real
def test_a_painting_whose_brush_is_gone_says_so_and_another_brush_draws_it(
    painted, tmp_path, monkeypatch, capsys
):
    (painted / "brush.myb").unlink()
    said = mistake(monkeypatch, capsys, "repaint", painted / "strokes.json")
    assert "brush.myb is not there" in said
    assert "--brush oil" in said
    again = impasto("repaint", painted / "strokes.json", "--brush", "oil", "--out", tmp_path / "a")
    assert again[0] == 0
    assert load_painting(tmp_path / "a" / "strokes.json").brush == "oil"


@real
def test_a_malformed_brush_is_told_before_anything_is_painted(tmp_path, monkeypatch, capsys):
    photo = tmp_path / "photo.png"
    Image.fromarray(colourfield(3, 96)).save(photo)
    brush = written(tmp_path, changed(opaque=setting(1, pressure=[[0, 0]])))
    wrong = ("paint", photo, "--brush", brush, "--out", tmp_path / "o")
    assert "two points or more" in mistake(monkeypatch, capsys, *wrong)
    assert not (tmp_path / "o").exists()


def test_what_strokes_train_makes_can_be_painted_with(tmp_path):
    data, run, photo = tmp_path / "strokes", tmp_path / "run", tmp_path / "photo.png"
    Image.fromarray(colourfield(3, 96)[:64]).save(photo)
    assert impasto("strokes", "make", "--count", 48, "--brush", "wash", "--out", data)[0] == 0
    knobs = ("generator.batch=8", "generator.images=16", "held_out=8", "width=8")
    settings = [word for knob in knobs for word in ("--set", knob)]
    status, _, said = impasto("strokes", "train", data, "--out", run, *settings)
    assert status == 0, said
    status, _, said = impasto("paint", photo, *SMALL, "--brush", run, "--out", tmp_path / "o")
    assert status == 0, said
    run.rename(tmp_path / "gone")  # a painting needs its training no more
    strokes = tmp_path / "o" / "strokes.json"
    assert load_painting(strokes).brush == "wash"
    assert impasto("repaint", strokes, "--out", tmp_path / "again")[0] == 0
    before, after = (tmp_path / name / "painting.png" for name in ("o", "again"))
    assert np.array_equal(np.asarray(Image.open(before)), np.asarray(Image.open(after)))
    other = ("repaint", strokes, "--brush", tmp_path / "gone", "--out", tmp_path / "other")
    assert impasto(*other)[0] == 0
    assert load_painting(tmp_path / "other" / "strokes.json").brush == "wash"


def test_a_folder_that_is_no_run_of_strokes_is_told(tmp_path, monkeypatch, capsys):
    photo = tmp_path / "photo.png"
    Image.fromarray(colourfield(3, 96)).save(photo)
    said = mistake(monkeypatch, capsys, "paint", photo, "--brush", tmp_path)
    assert "holds no stroke network" in said
