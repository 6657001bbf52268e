"""`impasto paint` on films, as a user calls it."""

import json
from pathlib import Path

import numpy as np
import pytest

from impasto.core.footage import open_clip
from impasto.core.video import write_film
from impasto.data.colourfield import paint as colourfield
from impasto.paint.document import load_painting
from tests.cli.test_paint import SMALL
from tests.cli.test_verbs import impasto, mistake


@pytest.fixture
def clip(tmp_path):
    ground, frames = colourfield(3, 96)[:64], []
    for number in range(3):
        frame = ground.copy()
        frame[20:40, 8 * number : 8 * number + 20] = (220, 30, 30)
        frames.append(frame)
    write_film(tmp_path / "clip.mp4", frames, 24)
    return tmp_path / "clip.mp4"


def test_a_film_becomes_a_painted_film_and_its_last_strokes(clip, tmp_path):
    options = ("--texture", "paper", "--palette", 6, "--json", "--out", tmp_path / "o")
    status, text, _ = impasto("paint", clip, *SMALL, *options)
    assert status == 0
    said = json.loads(text)
    assert {path.name for path in (tmp_path / "o").iterdir()} == {"painting.mp4", "strokes.json"}
    with open_clip(Path(said["painting"]), 64) as painted:
        assert (painted.width, painted.height, painted.fps) == (64, 44, 24)
        assert len(list(painted.frames)) == 3
    assert said["strokes"] == len(load_painting(tmp_path / "o" / "strokes.json").strokes)
    assert 24 <= said["strokes"] <= 36


def test_of_a_long_film_the_beginning_is_painted(clip, tmp_path):
    write_film(tmp_path / "long.mp4", [np.full((64, 64, 3), 90, np.uint8)] * 60, 24)
    out = ("--out", tmp_path / "o", "--film-seconds", 1)
    status, text, said = impasto("paint", tmp_path / "long.mp4", *SMALL, *out)
    assert status == 0
    assert "its first 1 s are painted" in said
    with open_clip(Path(text.strip()), 64) as painted:
        assert len(list(painted.frames)) == 24


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--svg",), "--svg is for photographs"),
        (("--ora",), "--ora is for photographs"),
        (("--opaque",), "--opaque is for photographs"),
        (("--plot", "plotted"), "--plot is for photographs"),
        (("--print", "A4"), "--print is for photographs"),
        (("--time", 9), "--time is for photographs"),
        (("--sparing",), "--sparing is for photographs"),
        (("--size", 4096), "up to 1,024 pixels"),
    ],
)
def test_what_makes_no_sense_of_a_film_is_one_sentence(
    clip, tmp_path, monkeypatch, capsys, options, words
):
    arguments = ("paint", clip, "--out", tmp_path / "o", *options)
    assert words in mistake(monkeypatch, capsys, *arguments)
    assert not (tmp_path / "o").exists()
