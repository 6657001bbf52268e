"""One look at a file: enough pixels are decoded, whatever is cut off afterwards."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.core.images import FILTER
from impasto.prepare.cache import Cache
from impasto.prepare.examine import Settings, cut_again, examine
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
