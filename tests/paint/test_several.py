"""Several photographs share a palette and a ground."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.data.colourfield import paint as colourfield
from impasto.errors import ImpastoError
from impasto.paint import several
from impasto.paint.commission import Done, Order
from impasto.paint.painter import Plan
from impasto.paint.several import in_common
from impasto.paint.turns import LeftOutError


def test_the_palette_is_of_all_pictures_and_the_ground_of_the_palette():
    red, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in ((200, 10, 10), (10, 10, 190)))
    order = in_common(Order(Plan(), palette="2"), [red, blue])
    assert set((order.palette or "").split(",")) == {"#c80a0a", "#0a0abe"}
    assert order.ground in (order.palette or "").split(",")


def test_without_a_palette_the_ground_is_their_mean():
    dark, light = (np.full((8, 8, 3), level, np.uint8) for level in (0, 200))
    order = in_common(Order(Plan(), mask=Path("mask.png")), [dark, light])
    assert (order.palette, order.ground) == (None, "#646464")
    assert in_common(Order(Plan(), ground="white"), [dark]).ground == "white"


def test_ctrl_c_leaves_the_rest_of_a_folder(tmp_path, monkeypatch):
    for name in ("a.png", "b.png", "c.png"):
        Image.fromarray(colourfield(1, 64)).save(tmp_path / name)
    begun = []

    def stopping(picture, order, out):
        begun.append(out.name)
        return Done({}, 1, 20.0, 1.0, False, stopped=len(begun) == 2)

    monkeypatch.setattr(several, "paint_picture", stopping)
    done = several.paint_folder(tmp_path, Order(Plan()), tmp_path / "o")
    assert begun == ["a", "b"]
    assert [each.stopped for each in done] == [False, True]


def test_strokes_are_gone_through_again_where_each_is_dear_and_there_is_time():
    plain = Order(Plan(strokes=100))
    assert plain.made_dear() == plain.plan
    for dear in (replace(plain, sparing=True), replace(plain, mask="auto")):
        assert dear.made_dear().laid > 100
        assert dear.made_dear().revisions == 1
    assert replace(plain, sparing=True, loss="perceptual").made_dear().revisions == 0
    hurried = replace(plain, plan=Plan(strokes=100, seconds=5), mask="auto")
    assert hurried.made_dear().laid == 100


def test_names_that_would_meet_are_folders_of_their_own(tmp_path, monkeypatch):
    for name in ("a.jpg", "a.jpg.png", "a.png", "B.jpg", "b.png"):
        Image.fromarray(colourfield(1, 64)).save(tmp_path / name)
    begun = []

    def painting(picture, order, out):
        begun.append((out.name, order.title))
        return Done({}, 1, 20.0, 1.0, True)

    monkeypatch.setattr(several, "paint_picture", painting)
    several.paint_folder(tmp_path, Order(Plan()), tmp_path / "o")
    names = ["B.jpg", "a.jpg", "a.jpg.png", "a.png", "b.png"]
    assert sorted(begun) == [(name, name) for name in names]


def test_one_picture_that_cannot_be_painted_does_not_stop_the_folder(tmp_path, monkeypatch):
    for name in ("a.png", "b.png", "c.png"):
        Image.fromarray(colourfield(1, 64)).save(tmp_path / name)

    def painting(picture, order, out):
        if out.name == "b":
            raise ImpastoError("It is torn.")
        return Done({}, 1, 20.0, 1.0, True)

    monkeypatch.setattr(several, "paint_picture", painting)
    with pytest.raises(LeftOutError, match=r"b\.png") as error:
        several.paint_folder(tmp_path, Order(Plan()), tmp_path / "o")
    assert len(error.value.finished) == 2
