"""A picture as it goes onto the canvas, which has two rows at least and is no thread."""

import numpy as np
import pytest

from impasto.core.paper import parse_print
from impasto.errors import ImpastoError
from impasto.paint.commission import Order
from impasto.paint.painter import Plan
from impasto.paint.subject import subject_of


@pytest.mark.parametrize(
    ("sides", "size", "canvas"),
    [((40, 2000), 64, "64×1"), ((16, 1008), 340, "340×5"), ((1008, 16), 340, "5×340")],
)
def test_a_canvas_too_narrow_names_the_size(sides, size, canvas):
    picture = np.zeros((*sides, 3), np.uint8)
    with pytest.raises(ImpastoError, match=rf"--size {size}.*canvas of {canvas}, too narrow"):
        subject_of(picture, Order(Plan(), size=size), size)
    assert min(subject_of(picture, Order(Plan()), 1024).picture.shape[:2]) >= 16


def test_for_a_print_the_paper_is_named():
    paper = parse_print("A6", 12)
    with pytest.raises(ImpastoError, match="--print A6-12dpi"):
        subject_of(np.zeros((40, 2000, 3), np.uint8), Order(Plan(), paper=paper), 70)
