"""Films of strangers: upright, at even times, within bounds, never a traceback."""

import struct

import av
import numpy as np
import pytest

from impasto.core.footage import open_clip
from impasto.core.video import write_film
from impasto.errors import ImpastoError


def frames(count: int = 12, width: int = 64, height: int = 32):
    """Each a grey of its own."""
    return [np.full((height, width, 3), 20 * number, np.uint8) for number in range(count)]


def greys(path, longer: int = 64) -> list[int]:
    with open_clip(path, longer) as clip:
        return [round(float(frame.mean()) / 20) for frame in clip.frames]


@pytest.fixture
def film(tmp_path):
    write_film(tmp_path / "a.mp4", frames(), 24)
    return tmp_path / "a.mp4"


def test_frames_come_in_order_and_no_larger_than_asked_for(film):
    assert greys(film) == list(range(12))
    with open_clip(film, 32) as clip:
        assert (clip.width, clip.height, clip.fps) == (32, 16, 24)
        assert clip.seconds == pytest.approx(0.5, abs=0.05)
        assert next(clip.frames).shape == (16, 32, 3)


def test_of_a_fast_film_every_second_frame_is_shown(tmp_path):
    write_film(tmp_path / "a.mp4", frames(), 60)
    with open_clip(tmp_path / "a.mp4", 64) as clip:
        assert clip.fps == 30
    assert greys(tmp_path / "a.mp4")[:6] == [0, 2, 4, 6, 8, 10]


def test_a_film_that_ends_in_the_middle_shows_what_is_there(tmp_path):
    noisy = np.random.default_rng(0).integers(0, 255, (30, 64, 64, 3), np.uint8)
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        stream = out.add_stream("libx264", 24, {"g": "4"})
        stream.width = stream.height = 64
        for picture in noisy:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    whole = (tmp_path / "a.mkv").read_bytes()
    (tmp_path / "b.mkv").write_bytes(whole[: len(whole) // 2])
    assert 5 < len(greys(tmp_path / "b.mkv")) < 30
    broken = bytearray(whole)
    broken[len(whole) // 3 : len(whole) // 3 + 2000] = bytes(2000)
    (tmp_path / "c.mkv").write_bytes(broken)
    assert len(greys(tmp_path / "c.mkv")) > 5


def sound(path) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", 8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def test_what_is_no_film_is_one_sentence(tmp_path, film):
    text, alone, playlist = (tmp_path / name for name in ("text.mp4", "sound.mp4", "list.mp4"))
    text.write_text("no film at all, but words")
    sound(alone)
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{film}\n#EXT-X-ENDLIST\n")
    tiny = tmp_path / "tiny.mp4"
    write_film(tiny, frames(2, 8, 8), 24)
    for path, words in (
        (text, "cannot be read as a film"),
        (playlist, "cannot be read as a film"),
        (alone, "no pictures"),
        (tiny, "at least 16×16"),
    ):
        with pytest.raises(ImpastoError, match=words) as caught, open_clip(path, 64) as clip:
            list(clip.frames)
        assert str(path) in str(caught.value)
        assert str(caught.value).count(". ") == 0


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_film_that_a_telephone_turned_is_shown_upright(tmp_path, turns):
    """Telephones write frames as the sensor lies, and a matrix that turns them clockwise."""
    picture = np.full((48, 96, 3), 40, np.uint8)
    picture[:24, :48] = 220  # the upper left quarter
    write_film(tmp_path / "a.mp4", [picture] * 4, 24)
    content = (tmp_path / "a.mp4").read_bytes()
    at = content.index(b"tkhd") + 44  # the track's matrix in 16.16: a b u, c d v, x y w
    a, b = ((1, 0), (0, 1), (-1, 0), (0, -1))[turns]
    across, down = ((0, 0), (48, 0), (96, 48), (0, 96))[turns]
    matrix = [a << 16, b << 16, 0, -b << 16, a << 16, 0, across << 16, down << 16, 1 << 30]
    turned = content[:at] + struct.pack(">9i", *matrix) + content[at + 36 :]
    (tmp_path / "b.mp4").write_bytes(turned)
    with open_clip(tmp_path / "b.mp4", 96) as clip:
        shown = next(clip.frames)
        assert (clip.width, clip.height) == shown.shape[1::-1]
    expected = np.rot90(picture, -turns)
    assert shown.shape == expected.shape
    assert np.abs(shown.astype(int) - expected).mean() < 6
