"""Films and vectors: they end with the painting itself."""

from dataclasses import replace

import av
import numpy as np
import pytest

from impasto.paint.canvas import draw_painting
from impasto.paint.document import Coat, Paint, RealPaint
from impasto.paint.film import film_frames, progress, save_film
from tests.paint.test_canvas import plain
from tests.paint.test_document import painting


def test_a_film_grows_from_the_bare_canvas_to_the_painting():
    made = plain(9)
    frames = list(film_frames(made, 12, 2))
    assert len(frames) == 14
    finished = draw_painting(made).astype(int)
    away = [np.abs(frame.astype(int) - finished).mean() for frame in frames]
    assert away[0] > 1.5 * away[6] > 0
    assert away[-1] == away[-2] == 0
    assert away[-3] == 0  # the last frame of painting is the whole painting


def test_within_a_stroke_paint_appears_along_its_path():
    """One stroke from left to right over many frames: its ink's centre moves to the right."""
    from impasto.paint.document import Strokes

    line = np.float32([[1, 0.6, 0.5, 0.5, 0.9, 0.5, 0.1, 0.5, 1]])
    strokes = Strokes(np.float32([[0.1, 0.0, 0.6]]), line, np.float32([[0, 0, 0]]))
    ink = [255.0 - f[..., 0] for f in film_frames(replace(plain(0), strokes=strokes), 8, 1)]
    amounts = [sheet.sum() for sheet in ink]
    assert amounts == sorted(amounts)
    assert amounts[2] < 0.6 * amounts[-1]
    reach = [np.flatnonzero(sheet.max(0) > 60).max() for sheet in ink if sheet.max() > 60]
    assert reach[0] < reach[-1]


@pytest.mark.parametrize("strokes", [1, 40, 1_000, 100_000])
def test_the_pace_of_a_film_is_even_and_ends_complete(strokes):
    times = np.linspace(0, 1, 300)
    laid = [progress(float(t), strokes) for t in times]
    assert laid[0] == 0
    assert laid[-1] == strokes
    assert (np.diff(laid) >= 0).all()
    assert laid[1] < max(1.0, 0.02 * strokes)  # it begins slowly


@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_a_film_is_written_whole(tmp_path, kind):
    count = save_film(painting(4), tmp_path / f"p.{kind}", seconds=0.5)
    with av.open(str(tmp_path / f"p.{kind}")) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == count == round(0.5 * (15 if kind == "gif" else 30))
    finished = draw_painting(painting(4)).astype(int)
    assert np.abs(frames[-1].astype(int) - finished).mean() < 8


def test_a_bare_canvas_has_a_film_too():
    frames = list(film_frames(plain(0), 3, 1))
    assert len(frames) == 4
    assert all(np.array_equal(frame, frames[0]) for frame in frames)


def test_a_paint_whose_name_has_two_lines_is_filmed():
    made = plain(1)
    paints, coats = (Paint("one\ntwo", (1.0, 0.0, 0.0)),), (Coat("a", 0, (0,), 1, 5.0),)
    real = RealPaint((300, 200), (0, 0, 300, 200), paints, coats)
    frames = list(film_frames(replace(made, real=real), 2, 1))
    assert len(frames) == 3
