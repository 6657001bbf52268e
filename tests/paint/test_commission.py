"""A painting and its files: what Ctrl-C leaves of them, and what is drawn only once."""

import os
import signal
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from impasto.paint import commission, outputs, painter
from impasto.paint.commission import Order, paint_picture
from impasto.paint.document import load_painting
from impasto.paint.hand.making import Hand
from impasto.paint.hand.means import HandOrder
from impasto.paint.painter import Plan
from impasto.paint.work import Work
from tests.paint.test_painter import scene

PICTURE = np.rint(255 * scene()).astype(np.uint8)
ORDER = Order(Plan(strokes=20, steps=2, tries=64), brush="dry", size=64, svg=True)


def _interrupt(*_, **__):
    raise KeyboardInterrupt


def test_ctrl_c_before_the_first_strokes_leaves_an_earlier_painting(tmp_path, monkeypatch):
    paint_picture(PICTURE, ORDER, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(painter.Work, "_dictionary", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        paint_picture(PICTURE, replace(ORDER, svg=False), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    with pytest.raises(KeyboardInterrupt):
        paint_picture(PICTURE, ORDER, tmp_path / "new")
    assert not (tmp_path / "new").exists() or not list((tmp_path / "new").iterdir())


def test_ctrl_c_in_the_last_work_keeps_the_painting(tmp_path, monkeypatch):
    monkeypatch.setattr(Work, "settle_colours", _interrupt)
    done = paint_picture(PICTURE, ORDER, tmp_path)
    assert done.stopped
    assert done.strokes == 20
    assert done.files["svg"].exists()
    assert len(load_painting(done.files["strokes"]).strokes) == 20


@pytest.fixture
def _python_handles_it():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="kills where others signal")
@pytest.mark.usefixtures("_python_handles_it")
def test_ctrl_c_while_strokes_are_ordered_for_a_hand_keeps_them(tmp_path, monkeypatch, capsys):
    arranged = Hand.arranged

    def pressed(self, painting):
        os.kill(os.getpid(), signal.SIGINT)
        return arranged(self, painting)

    monkeypatch.setattr(Hand, "arranged", pressed)
    order = replace(ORDER, hand=HandOrder((200.0, 150.0)))
    done = paint_picture(PICTURE, order, tmp_path)
    assert done.stopped
    assert load_painting(done.files["strokes"]).real is not None
    assert done.files["painting"].exists()
    assert "put in an order" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("texture", [None, "linen"])
def test_at_the_canvas_s_size_the_picture_is_not_drawn_again(texture, tmp_path, monkeypatch):
    order = replace(ORDER, svg=False, texture=texture)
    whole = commission.write_outputs
    monkeypatch.setattr(
        commission, "write_outputs", lambda *given, canvas: whole(*given, canvas=None)
    )
    again = paint_picture(PICTURE, order, tmp_path / "again").files["painting"].read_bytes()
    monkeypatch.undo()
    monkeypatch.setattr(outputs, "draw_bands", None)  # nobody calls it
    once = paint_picture(PICTURE, order, tmp_path / "once").files["painting"].read_bytes()
    assert once == again


def test_what_is_larger_or_in_another_order_is_drawn_again(tmp_path):
    for name, order in (
        ("larger", replace(ORDER, size=90)),
        ("hand", replace(ORDER, hand=HandOrder((200.0, 150.0)))),
    ):
        files = paint_picture(PICTURE, order, tmp_path / name).files
        longer = order.size
        drawn = commission.draw_painting(load_painting(files["strokes"]), longer)
        assert np.array_equal(np.asarray(Image.open(files["painting"])), drawn)
