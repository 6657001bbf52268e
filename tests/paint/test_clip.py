"""A film that is painted: what Ctrl-C leaves of it."""

import os
import signal
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from impasto.core import footage, video
from impasto.core.footage import open_clip
from impasto.core.video import write_film
from impasto.errors import ImpastoError
from impasto.paint import clip as clips
from impasto.paint.clip import paint_clip
from impasto.paint.commission import Order
from impasto.paint.document import load_painting
from impasto.paint.moving import Moving
from impasto.paint.painter import Plan

ORDER = Order(Plan(strokes=8, steps=2, tries=64), brush="dry", size=32)


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """A clip, and a function that says in which frame Ctrl-C is pressed."""
    clip = tmp_path / "clip.mp4"
    write_film(clip, [np.full((32, 32, 3), 60 * number, np.uint8) for number in range(4)], 24)
    show, shown = Moving.show, []

    def press(frame: int):
        def showing(self, subject):
            shown.append(subject)
            if len(shown) == frame:
                raise KeyboardInterrupt
            return show(self, subject)

        monkeypatch.setattr(Moving, "show", showing)
        return clip

    return press


def test_ctrl_c_ends_the_film_and_keeps_what_is_painted(interrupted, tmp_path):
    done = paint_clip(interrupted(3), ORDER, tmp_path / "o")
    assert done.stopped
    assert not done.complete
    with open_clip(done.files["painting"], 32) as clip:
        assert len(list(clip.frames)) == 2
    assert len(load_painting(done.files["strokes"]).strokes) == done.strokes


def test_ctrl_c_in_the_first_frame_leaves_nothing(interrupted, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        paint_clip(interrupted(1), ORDER, tmp_path / "o")
    assert not (tmp_path / "o" / "painting.mp4").exists()


@pytest.fixture
def _python_handles_it():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _pressing(function, call: int):
    """The same function; in that call of it, from 1, Ctrl-C is pressed."""
    calls = []

    def pressing(*values, **named):
        calls.append(1)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGINT)
        return function(*values, **named)

    return pressing


def _press_in_third(patch, module, name: str):
    """Ctrl-C when the generator of that name yields its third frame."""
    whole, passed = getattr(module, name), _pressing(lambda frame: frame, 3)
    patch.setattr(module, name, lambda *given: map(passed, whole(*given)))


def _in_decoding(patch):
    _press_in_third(patch, footage, "_even")


def _in_weaving(patch):
    patch.setattr(clips, "to_bytes", _pressing(clips.to_bytes, 6))  # two a frame, this one's last


def _in_encoding(patch):
    _press_in_third(patch, video, "_checked")


@pytest.mark.skipif(sys.platform == "win32", reason="kills where others signal")
@pytest.mark.usefixtures("_python_handles_it")
@pytest.mark.parametrize("moment", [_in_decoding, _in_weaving, _in_encoding])
def test_ctrl_c_at_any_moment_keeps_the_film(moment, interrupted, tmp_path, monkeypatch):
    clip = interrupted(0)
    moment(monkeypatch)
    done = paint_clip(clip, ORDER, tmp_path / "o")
    assert done.stopped
    with open_clip(done.files["painting"], 32) as painted:
        assert 2 <= len(list(painted.frames)) <= 3
    assert len(load_painting(done.files["strokes"]).strokes) == done.strokes
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_film_is_painted_off_the_main_thread(interrupted, tmp_path):
    clip, done = interrupted(0), []
    thread = threading.Thread(target=lambda: done.append(paint_clip(clip, ORDER, tmp_path / "o")))
    thread.start()
    thread.join()
    assert done[0].files["painting"].exists()
    assert not done[0].stopped


def test_a_film_too_narrow_for_its_size_is_refused(tmp_path):
    write_film(tmp_path / "wide.mp4", [np.zeros((16, 1000, 3), np.uint8)] * 2, 24)
    with pytest.raises(ImpastoError, match="too narrow to paint"):
        paint_clip(tmp_path / "wide.mp4", replace(ORDER, size=64), tmp_path / "o")


def test_a_film_takes_nobodys_place_and_leaves_nothing_old(interrupted, tmp_path):
    clip, out = interrupted(99), tmp_path / "o"
    out.mkdir()
    (out / "preview.jpg").write_text("somebody else's")
    with pytest.raises(ImpastoError, match=r"holds a preview\.jpg"):
        paint_clip(clip, ORDER, out)
    (out / "preview.jpg").unlink()
    paint_clip(clip, replace(ORDER, film="gif"), out)
    paint_clip(clip, ORDER, out)
    assert {path.name for path in out.iterdir()} == {"painting.mp4", "strokes.json"}
