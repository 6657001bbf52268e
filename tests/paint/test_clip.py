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
from impasto.core.images import save
from impasto.core.video import write_film
from impasto.errors import ImpastoError
from impasto.paint import careful
from impasto.paint import clip as clips
from impasto.paint import subject as subjects
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
    patch.setattr(clips, "to_bytes", _pressing(clips.to_bytes, 3))  # one a frame


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


def test_a_film_without_a_frame_is_said_in_a_sentence(interrupted, tmp_path, monkeypatch):
    clip = interrupted(99)
    monkeypatch.setattr(clips, "islice", lambda frames, count: iter(()))  # none can be read
    with pytest.raises(ImpastoError, match="has no frame that can be read"):
        paint_clip(clip, ORDER, tmp_path / "o")


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


@pytest.fixture
def still(tmp_path):
    """A clip in which one frame of four is another than the one before it."""
    clip = tmp_path / "still.mp4"
    light, dark = (np.full((32, 32, 3), level, np.uint8) for level in (200, 40))
    write_film(clip, [light, light, dark, dark], 24)
    return clip


def test_what_matters_is_looked_for_only_where_something_is_painted(still, tmp_path, monkeypatch):
    looked = []

    def care(picture, width, height):
        looked.append(picture.mean())
        return np.ones((height, width), np.float32)

    monkeypatch.setattr(careful, "look_around", care)
    paint_clip(still, replace(ORDER, mask="auto"), tmp_path / "o")
    assert [round(level / 10) for level in looked] == [20, 4]


def test_a_mask_that_is_a_file_is_read_once_and_counts(still, tmp_path, monkeypatch):
    mask, read = np.zeros((32, 32, 3), np.uint8), []
    mask[:, 16:] = 255
    save(mask, tmp_path / "mask.png")
    read_care = subjects.read_care
    monkeypatch.setattr(subjects, "read_care", lambda *given: read.append(1) or read_care(*given))
    with_mask = paint_clip(still, replace(ORDER, mask=tmp_path / "mask.png"), tmp_path / "o")
    assert len(read) == 1
    strokes = load_painting(with_mask.files["strokes"]).strokes
    middle = strokes.squares[:, 0] + strokes.squares[:, 2] * strokes.geometry[:, 2]
    assert (middle > 0.5).mean() > 0.7


def test_a_film_in_few_colours_is_measured_by_its_own_frames(still, tmp_path):
    """Against the frames in these colours, a painting in the one colour would be perfect."""
    done = paint_clip(still, replace(ORDER, palette="#808080"), tmp_path / "o")
    error = np.mean([((level - 128) / 255) ** 2 for level in (200, 40)])
    assert done.psnr == pytest.approx(-10 * np.log10(error), abs=1)
