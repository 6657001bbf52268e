"""Where `impasto paint` and `repaint` write: what is replaced, what stays, what fails."""

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from impasto.cli import app
from impasto.data.colourfield import paint as colourfield
from impasto.errors import ImpastoError
from tests.cli.test_paint import SMALL
from tests.cli.test_verbs import impasto, mistake


@pytest.mark.parametrize("name", ["painting.png", "strokes.json", "preview.jpg", "canvas.png"])
def test_somebodys_files_in_the_named_folder_stay(photo, tmp_path, monkeypatch, capsys, name):
    impasto("paint", photo, *SMALL, "--out", tmp_path / "first")
    out = tmp_path / "o"
    out.mkdir()
    (out / name).write_text("somebody else's")
    options = ("--from-canvas", photo, "--corners", "1,1 90,1 90,60 1,60", "--out", out)
    said = mistake(monkeypatch, capsys, "paint", photo, *SMALL, *options)
    assert f"holds a {name} that Impasto did not write" in said
    if name in ("painting.png", "strokes.json"):
        again = ("repaint", tmp_path / "first/strokes.json", "--out", out)
        assert f"holds a {name} that" in mistake(monkeypatch, capsys, *again)
    assert [path.read_text() for path in out.iterdir()] == ["somebody else's"]


def test_painted_again_a_folder_holds_only_what_is_asked_for(photo, tmp_path):
    out = ("--out", tmp_path / "o")
    more = ("--svg", "--ora", "--film-as", "gif", "--film-seconds", 1)
    impasto("paint", photo, *SMALL, *more, *out)
    (tmp_path / "o" / "notes.txt").touch()
    impasto("paint", photo, *SMALL, *out)
    names = {path.name for path in (tmp_path / "o").iterdir()}
    assert names == {"painting.png", "strokes.json", "notes.txt"}
    again = ("repaint", tmp_path / "o" / "strokes.json", "--out", tmp_path / "again")
    for options, also in (
        (("--svg",), {"painting.svg"}),
        (("--ora",), {"painting.svg", "painting.ora"}),  # of the same strokes
        (("--brush", "ink"), set()),
    ):
        impasto(*again, *options)
        names = {path.name for path in (tmp_path / "again").iterdir()}
        assert names == {"painting.png", "strokes.json"} | also


def test_strokes_are_not_replaced_by_what_is_drawn_from_them(photo, tmp_path, monkeypatch, capsys):
    impasto("paint", photo, *SMALL, "--out", tmp_path / "o")
    strokes = tmp_path / "o" / "strokes.json"
    for verb in ("paint", "repaint"):
        said = mistake(monkeypatch, capsys, verb, strokes, "--out", tmp_path / "o")
        assert "strokes.json would be replaced" in said


def test_of_a_folder_the_finished_are_told_and_what_is_left_out_fails(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, size in (("a", (64, 64)), ("b", (2000, 40)), ("c", (64, 64))):
        Image.fromarray(colourfield(3, 64)).resize(size).save(folder / f"{name}.png")
    words = ["paint", folder, *SMALL, "--out", tmp_path / "o", "--json"]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(done.exception, ImpastoError)
    assert str(folder / "b.png") in str(done.exception)
    assert [Path(each["painting"]).parent.name for each in json.loads(done.stdout)] == ["a", "c"]


@pytest.mark.parametrize("option", ["--thinnest", "--broadest"])
def test_a_hands_brushes_decide_how_wide_strokes_are(photo, monkeypatch, capsys, option):
    said = mistake(monkeypatch, capsys, "paint", photo, "--opaque", option, 5)
    assert f"{option} does nothing with --opaque" in said
