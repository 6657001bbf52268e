"""One look at a file: enough pixels are decoded, whatever is cut off afterwards."""

import errno
import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.core.images import FILTER
from impasto.data.decode import Unreadable
from impasto.prepare import examine as examine_module
from impasto.prepare.cache import Cache
from impasto.prepare.examine import Settings, cut_again, examine, unchanged, weigh
from impasto.prepare.remote import AwayError
from tests.prepare.elsewhere import served
from tests.prepare.messy import strokes

SETTINGS = Settings(128, 128)


def mounted(path: Path, inner: int, border: int) -> Image.Image:
    """A picture of `inner` pixels on a grey mount, as a JPEG that a codec may decode reduced."""
    side = inner + 2 * border
    picture = Image.fromarray(strokes(5, inner, inner))
    sheet = Image.new("RGB", (side, side), (200, 200, 200))
    sheet.paste(picture, (border, border))
    sheet.save(path, quality=95)
    return picture


@pytest.mark.parametrize("border", [0, 200, 500])
def test_a_reduced_decoding_is_as_sharp_as_the_whole(tmp_path, border):
    picture = mounted(tmp_path / "a.jpg", 1200, border)
    found = examine(tmp_path, SETTINGS, Path("a.jpg"))
    assert bool(found.facts.trimmed) == bool(border)
    expected = np.asarray(picture.resize((128, 128), FILTER), dtype=float)
    (taken,) = found.pictures
    # A wrong line at the edge shifts the picture by part of a pixel; blur would cost contrast.
    assert taken.std() == pytest.approx(expected.std(), rel=0.03)
    assert np.abs(taken - expected).mean() < 6


def test_a_picture_is_cut_again_as_it_was(tmp_path):
    mounted(tmp_path / "a.jpg", 1200, 400)
    found = examine(tmp_path, SETTINGS, Path("a.jpg"))
    (again,) = cut_again(str(tmp_path / "a.jpg"), Cache(tmp_path), SETTINGS, found.facts)
    np.testing.assert_array_equal(again, found.pictures[0])


def test_a_picture_that_has_vanished_gives_none(tmp_path):
    mounted(tmp_path / "a.jpg", 300, 0)
    facts = examine(tmp_path, SETTINGS, Path("a.jpg")).facts
    (tmp_path / "a.jpg").write_bytes(b"")
    assert cut_again(str(tmp_path / "a.jpg"), Cache(tmp_path), SETTINGS, facts) == []


class Failing(io.BytesIO):
    """A file on a disk that fails."""

    def __init__(self, content: bytes, after: int) -> None:
        super().__init__(content)
        self.left = after

    def read(self, size: int | None = -1) -> bytes:
        if self.left <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        content = super().read(size)
        self.left -= len(content)
        return content


@pytest.mark.parametrize("when", ["opened", "summed", "decoded", "no memory"])
def test_a_failure_that_may_pass_is_not_remembered(tmp_path, monkeypatch, when):
    Image.fromarray(strokes(1, 60, 50)).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()

    def opened(where, cache, most):
        if when == "opened":
            raise Unreadable("unreadable", "Too many open files")
        return Failing(content, {"summed": 0, "decoded": len(content)}.get(when, 2**30))

    def scarce(*args):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(examine_module, "open_where", opened)
        if when == "no memory":
            patch.setattr("impasto.data.decode.decode_any", scarce)
        facts = examine(tmp_path, SETTINGS, Path("a.png")).facts
    assert facts.reason == ("decompression bomb" if when == "no memory" else "unreadable")
    assert not unchanged(("a.png", str(tmp_path / "a.png"), None), SETTINGS, facts)


def test_damage_is_remembered(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    facts = examine(tmp_path, SETTINGS, Path("a.png")).facts
    assert unchanged(("a.png", str(tmp_path / "a.png"), None), SETTINGS, facts)


def test_a_picture_out_of_reach_has_not_vanished(tmp_path):
    mounted(tmp_path / "a.jpg", 300, 0)
    facts = examine(tmp_path, SETTINGS, Path("a.jpg")).facts
    with served({"/away": 503, "/gone": 404}) as (at, _):
        for look in (cut_again, weigh):
            with pytest.raises(AwayError, match=r"status 503.*the same command goes on\.") as told:
                look(f"{at}/away", Cache(tmp_path / "c"), SETTINGS, facts)
            assert str(pickle.loads(pickle.dumps(told.value))) == str(told.value)  # of a worker
            assert not look(f"{at}/gone", Cache(tmp_path / "c"), SETTINGS, facts)
