"""The sheet of nearest originals."""

import numpy as np
import pytest

from impasto.metrics.sheet import FRAMES, nearest_sheet
from tests.metrics.test_copies import Originals, wall


@pytest.fixture(scope="module")
def pictures():
    return wall(0, 240)


@pytest.fixture(scope="module")
def originals(pictures):
    return Originals(pictures[:200])


@pytest.mark.parametrize("count", [1, 5, 30])
def test_a_sheet_frames_copies_in_red(pictures, originals, count):
    samples = np.concatenate([wall(3000, count - 1), pictures[:1]]) if count > 1 else pictures[:1]
    sheet = nearest_sheet(samples, pictures[:200], originals.search(samples, k=2), shown=6)
    red = (sheet == FRAMES["copy"]).all(axis=-1).sum()
    assert red >= 40 * 40 - 32 * 32
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] <= 3 * (3 * 40 + 8)
