"""A film that is painted: what Ctrl-C leaves of it."""

import numpy as np
import pytest

from impasto.core.footage import open_clip
from impasto.core.video import write_film
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
