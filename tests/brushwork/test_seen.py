"""What is copied of a donor is what its soft copy lacks."""

from pathlib import Path

import torch

from impasto.brushwork.bands import cut, join, resized
from impasto.brushwork.levels import Level
from impasto.brushwork.seen import scaled, see
from impasto.brushwork.shapes import Shapes
from impasto.data.colourfield import paint


def donor(seed: int, side: int) -> torch.Tensor:
    return torch.tensor(paint(seed, side)).permute(2, 0, 1)[None].float() / 255


def test_the_band_and_the_soft_copy_are_the_donor() -> None:
    given = donor(1, 64)
    found = see(given, Level(32, 64), (0.5, 0.5), None)
    soft = resized(resized(given, (32, 32)), (64, 64))
    assert torch.allclose(join(found.band, found.looks.grid, 1) + soft, given, atol=1e-5)
    assert found.corner == (0, 0)


def test_with_shapes_the_band_is_what_these_leave_out(tmp_path: Path) -> None:
    given = donor(1, 64)
    grey = Shapes(lambda picture: picture.repeat(4, 0).repeat(4, 1) // 2, 4, "dark", tmp_path)
    found = see(given, Level(16, 64, on_shapes=True), (0.5, 0.5), grey)
    soft = grey.of(resized(given, (16, 16)))
    assert torch.allclose(found.band, cut(given - soft, 1), atol=1e-5)


def test_a_small_donor_is_never_enlarged() -> None:
    assert scaled(donor(1, 50), 64) == (50, 50)
    assert scaled(donor(1, 128)[:, :, :, :64], 32) == (64, 32)
