"""Films: what goes in comes out, in order, in time, complete or not at all."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from impasto.core.video import check_film, write_film
from impasto.data.colourfield import paint
from impasto.errors import ImpastoError

HEIGHT, WIDTH = 41, 63  # odd on purpose: MP4 stores colour for 2 × 2 pixels


def frames(count=12):
    """A painting that another one slowly wipes out."""
    first, second = paint(1, 64)[:HEIGHT, :WIDTH], paint(2, 64)[:HEIGHT, :WIDTH]
    for number in range(count):
        frame = first.copy()
        wiped = WIDTH * number // count
        frame[:, :wiped] = second[:, :wiped]
        yield frame


def decoded_mp4(path):
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        assert stream.average_rate == Fraction(24)
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(stream)]


def decoded_by_pillow(path):
    with Image.open(path) as film:
        assert film.info["loop"] == 0  # for ever
        pictures, lasts = [], []
        for number in range(film.n_frames):
            film.seek(number)
            pictures.append(np.asarray(film.convert("RGB")))
            lasts.append(film.info["duration"])
        assert abs(sum(lasts) / len(lasts) - 1000 / 24) < 2
        return pictures


@pytest.mark.parametrize(("kind", "off"), [("mp4", 5.0), ("gif", 5.0), ("webp", 6.0)])
def test_frames_come_back_in_order_in_time_and_in_their_colours(tmp_path, kind, off):
    path = tmp_path / f"film.{kind}"
    assert write_film(path, frames(), fps=24) == 12
    found = decoded_mp4(path) if kind == "mp4" else decoded_by_pillow(path)
    assert len(found) == 12
    for picture, frame in zip(found, frames(), strict=True):
        assert picture.shape[0] - HEIGHT in (0, kind == "mp4")
        difference = picture[:HEIGHT, :WIDTH].astype(float) - frame
        assert np.abs(difference).mean() < off
        assert np.abs(difference.mean((0, 1))).max() < 2.0  # no shift of colour


def test_an_mp4_says_which_colours_it_means_and_starts_before_it_is_loaded(tmp_path):
    write_film(tmp_path / "film.mp4", frames(), fps=24)
    content = (tmp_path / "film.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(str(tmp_path / "film.mp4")) as film:
        frame = next(film.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (1, 1)
        assert frame.format.name == "yuv420p"  # every player shows it


def test_one_frame_is_a_film(tmp_path):
    for kind in ("mp4", "gif", "webp"):
        assert write_film(tmp_path / f"one.{kind}", frames(1), fps=1) == 1


def test_a_film_that_fails_leaves_the_old_one_and_nothing_else(tmp_path):
    path = tmp_path / "film.mp4"
    write_film(path, frames(), fps=24)
    before = path.read_bytes()

    def broken():
        yield from frames(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_film(path, broken(), fps=24)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_frames_that_make_no_film_are_one_sentence(tmp_path):
    big, small = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 6, 3), np.uint8)
    with pytest.raises(ImpastoError, match="no frames"):
        write_film(tmp_path / "a.mp4", [])
    with pytest.raises(ImpastoError, match="frame 1 is 6×8 pixels, the first 8×8"):
        write_film(tmp_path / "a.webp", [big, small])
    with pytest.raises(ImpastoError, match="not a picture"):
        write_film(tmp_path / "a.gif", [big.astype(np.float32)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["film", "film.avi", "film.mp4.txt", ".mp4"])
def test_other_suffixes_are_refused_before_anything_is_painted(tmp_path, name):
    with pytest.raises(ImpastoError, match=r"\.mp4, \.gif, \.webp"):
        check_film(tmp_path / name, 30)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_frame_rate_is_possible_or_one_sentence(tmp_path_factory, fps):
    path = tmp_path_factory.getbasetemp() / "film.gif"
    try:
        check_film(path, fps)
    except ImpastoError as error:
        assert "--fps" in str(error)
    else:
        assert 0.1 <= fps <= 50
