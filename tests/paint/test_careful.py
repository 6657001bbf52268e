"""`--mask auto`: more care for a face than for what is around it."""

import numpy as np
import pytest

from impasto.errors import ImpastoError
from impasto.metrics import gaze
from impasto.metrics.gaze import Box
from impasto.paint.careful import look_around

GREY = np.full((60, 90, 3), 128, np.uint8)


def test_a_face_gets_more_care_than_the_rest(monkeypatch):
    monkeypatch.setattr(gaze, "saliency", lambda picture: np.zeros((8, 12), np.float32))
    monkeypatch.setattr(gaze, "face_boxes", lambda picture: [Box(0.2, 0.3, 0.4, 0.6)])
    care = look_around(GREY, 120, 80)
    assert care.shape == (80, 120)
    assert care[36, 36] > 1.5 * care[70, 100]
    assert care[36, 36] == care.max()


def test_without_the_networks_it_is_one_sentence(monkeypatch):
    def missing(picture):
        raise ImpastoError("Pretrained weights are missing.")

    monkeypatch.setattr(gaze, "saliency", missing)
    with pytest.raises(ImpastoError, match=r"impasto\[judges\]"):
        look_around(GREY, 90, 60)
