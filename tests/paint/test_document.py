"""strokes.json: what is written comes back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.paint.document import Painting, Strokes, load_painting, rounded, save_painting


def painting(count: int = 5, seed: int = 0) -> Painting:
    chance = np.random.default_rng(seed)
    squares = chance.uniform([-0.2, -0.2, 0.05], [0.9, 0.6, 0.4], (count, 3))
    return Painting(
        width=96,
        height=64,
        brush="dry",
        seed=3,
        ground=(1.0, 0.2, 0.0),
        texture="linen",
        strokes=Strokes(
            squares.astype(np.float32),
            chance.random((count, 9), np.float32),
            chance.random((count, 3), np.float32),
        ),
    )


@given(st.integers(0, 40), st.integers(0, 2**31 - 1))
@settings(max_examples=25, deadline=None)
def test_what_is_saved_comes_back_to_the_bit(tmp_path_factory, count, seed):
    file = tmp_path_factory.mktemp("p") / "strokes.json"
    made = painting(count, seed)
    save_painting(made, file)
    back = load_painting(file)
    expected = rounded(made.strokes)
    assert np.array_equal(back.strokes.squares, expected.squares)
    assert np.array_equal(back.strokes.geometry, expected.geometry)
    assert np.array_equal(back.strokes.colours, expected.colours)
    assert (back.width, back.height, back.brush, back.seed) == (96, 64, "dry", 3)
    assert (back.ground, back.texture) == (made.ground, "linen")


def test_saving_again_writes_the_same_file(tmp_path):
    save_painting(painting(), tmp_path / "a.json")
    save_painting(load_painting(tmp_path / "a.json"), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()
