"""A picture keeps what it shows and gets the originals' detail."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from impasto.brushwork import finish as module
from impasto.brushwork.finish import finish, levels
from impasto.core.images import Picture
from impasto.data.colourfield import paint


def donor(seed: int, side: int = 128) -> Tensor:
    return torch.tensor(paint(seed, side)).permute(2, 0, 1)[None].float() / 255


def smaller(picture: Picture, side: int) -> Picture:
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))


def error(one: Picture, other: Picture) -> float:
    return float(np.sqrt(np.mean((one.astype(float) - other) ** 2)))


def detail(picture: Picture) -> float:
    image = picture.astype(float)
    return float(np.abs(image[:, 1:] - image[:, :-1]).mean())


@pytest.mark.parametrize(("begin", "end"), [(64, 256), (45, 256), (20, 21), (64, 1024), (63, 100)])
def test_levels_lead_from_one_side_to_the_other(begin: int, end: int) -> None:
    steps = levels(begin, end)
    assert steps[0].before == begin
    assert steps[-1].side == end
    for one, other in pairwise(steps):
        assert one.side == other.before
    assert all(1 < step.side / step.before < 1.7 for step in steps)


def test_what_it_shows_stays_and_detail_comes_back() -> None:
    original = paint(3, 128)
    small = smaller(original, 64)
    found = finish(small, [donor(3), donor(4)], (128, 128), begin=64)
    soft = np.asarray(Image.fromarray(small).resize((128, 128), Image.Resampling.BICUBIC))
    assert error(smaller(found.picture, 64), small) < 3
    # Its own original among the donors: detail comes from where it was.
    assert error(found.picture, original) < 0.7 * error(soft, original)


def test_detail_of_others_is_as_strong_as_it_would_be() -> None:
    original = paint(3, 128)
    small = smaller(original, 64)
    found = finish(small, [donor(seed) for seed in range(4, 10)], (128, 128), begin=64)
    soft = np.asarray(Image.fromarray(small).resize((128, 128), Image.Resampling.BICUBIC))
    assert error(smaller(found.picture, 64), small) < 6
    assert detail(soft) < detail(found.picture) < 1.5 * detail(original)


def test_oblong_pictures_odd_sides_and_small_donors() -> None:
    picture = np.ascontiguousarray(paint(1, 60)[:37])
    found = finish(picture, [donor(2, 50), donor(3, 200)[:, :, :90]], (149, 241), begin=37)
    assert found.picture.shape == (149, 241, 3)
    assert found.picture.dtype == np.uint8


def test_no_piece_is_longer_than_allowed_also_across_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    small = smaller(paint(3, 192), 48)
    free = finish(small, [donor(3, 192)], (192, 192), begin=48)
    assert free.pieces.longest > 60
    kept = finish(small, [donor(3, 192), donor(4, 192)], (192, 192), begin=48, longest=24)
    assert kept.pieces.longest <= 24
    monkeypatch.setattr(module, "TILE", 40)
    tiled = finish(small, [donor(3, 192), donor(4, 192)], (192, 192), begin=48, longest=24)
    assert tiled.pieces.longest <= 24
    assert error(tiled.picture, kept.picture) < 12


def test_large_donors_are_used_about_where_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WINDOW", 30)
    small = smaller(paint(3, 192), 48)
    found = finish(small, [donor(3, 192), donor(5, 192)], (192, 192), begin=48)
    assert error(smaller(found.picture, 48), small) < 8


def test_the_seed_decides_and_threads_do_not() -> None:
    small, donors = smaller(paint(3, 96), 48), [donor(4, 96), donor(5, 96)]
    once = finish(small, donors, (96, 96), begin=48, seed=7).picture
    try:
        torch.set_num_threads(2)
        assert np.array_equal(once, finish(small, donors, (96, 96), begin=48, seed=7).picture)
    finally:
        torch.set_num_threads(1)
    assert not np.array_equal(once, finish(small, donors, (96, 96), begin=48, seed=8).picture)


def test_progress_adds_up() -> None:
    shares: list[float] = []
    finish(smaller(paint(3, 96), 24), [donor(4, 96)], (96, 96), begin=24, advance=shares.append)
    assert sum(shares) == pytest.approx(1)
