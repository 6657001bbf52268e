import numpy as np
import pytest

pytest.importorskip("onnxruntime")
data = pytest.importorskip("skimage.data")

from impasto.data.colourfield import paint  # noqa: E402
from impasto.metrics.faces import confidences, faces  # noqa: E402


def test_a_portrait_has_a_face_and_colour_fields_have_none():
    portrait = data.astronaut()[:300, 100:400]
    fields = np.stack([paint(seed, 96) for seed in range(8)])
    assert confidences(portrait[None]).item() > 0.6
    found = faces(fields)
    assert found.share <= 1 / 8


def test_a_face_in_pieces_is_none():
    portrait = data.astronaut()[:300, 100:400]
    pieces = portrait.reshape(10, 30, 10, 30, 3).transpose(0, 2, 1, 3, 4).reshape(100, 30, 30, 3)
    pieces = pieces[np.random.default_rng(0).permutation(100)].reshape(10, 10, 30, 30, 3)
    shuffled = pieces.transpose(0, 2, 1, 3, 4).reshape(300, 300, 3)
    whole, broken = confidences(np.stack([portrait, shuffled]))
    assert broken < 0.5 < whole
