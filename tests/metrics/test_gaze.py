"""Where people look: at a face, at what stands out."""

import numpy as np
import pytest
from PIL import Image

from impasto.errors import ImpastoError
from impasto.metrics.gaze import face_boxes, saliency
from impasto.models import pretrained

skimage = pytest.importorskip("skimage")


@pytest.fixture(scope="module")
def astronaut():
    """Her face lies about (.36 to .53, .12 to .37) of the photograph."""
    with Image.open(pretrained.package_file("skimage", "astronaut.png")) as image:
        return np.asarray(image.convert("RGB"))


def test_a_face_is_found_where_it_is_also_in_a_wide_picture(astronaut):
    wide = np.concatenate([np.full((512, 700, 3), 90, np.uint8), astronaut], 1)
    for picture, left, across in ((astronaut, 0, 1), (wide, 700 / 1212, 512 / 1212)):
        (face,) = face_boxes(picture)
        assert (face.left + face.right) / 2 == pytest.approx(left + 0.435 * across, abs=0.04)
        assert (face.top + face.bottom) / 2 == pytest.approx(0.24, abs=0.05)
        assert 0.15 < face.bottom - face.top < 0.35


def test_what_stands_out_has_the_pictures_shape_and_lies_on_the_figure(astronaut):
    found = saliency(astronaut[:, :400])
    assert found.shape == (224, 175)
    assert found.min() >= 0 and found.max() <= 1
    assert found[30:200, 60:120].mean() > 2 * found[:60, :40].mean()


def test_on_an_even_ground_there_is_no_face():
    assert face_boxes(np.full((120, 200, 3), 128, np.uint8)) == []


def test_without_the_package_it_is_one_sentence(monkeypatch, astronaut):
    def missing(package, pattern):
        raise ImpastoError("Pretrained weights are missing.")

    from impasto.metrics import gaze

    gaze._focus.cache_clear()
    monkeypatch.setattr(gaze, "package_file", missing)
    with pytest.raises(ImpastoError, match="missing"):
        saliency(astronaut)
