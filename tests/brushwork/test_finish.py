"""A picture keeps what it shows and gets the originals' detail."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from impasto.brushwork import finish as module
from impasto.brushwork import seen
from impasto.brushwork.finish import finish
from impasto.brushwork.shapes import Shapes
from impasto.core.images import Picture
from impasto.data.colourfield import paint

pytestmark = pytest.mark.slow


def donor(seed: int, side: int = 128) -> Tensor:
    return torch.tensor(paint(seed, side)).permute(2, 0, 1)[None].float() / 255


def smaller(picture: Picture, side: int) -> Picture:
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))


def error(one: Picture, other: Picture) -> float:
    return float(np.sqrt(np.mean((one.astype(float) - other) ** 2)))


def detail(picture: Picture) -> float:
    image = picture.astype(float)
    return float(np.abs(image[:, 1:] - image[:, :-1]).mean())


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


def by_a_network(tmp_path: Path) -> Shapes:
    """One that enlarges four times, and draws no paint."""

    def enlarge(picture: Picture) -> Picture:
        height, width, _ = picture.shape
        large = Image.fromarray(picture).resize((4 * width, 4 * height), Image.Resampling.BILINEAR)
        return np.asarray(large)

    return Shapes(enlarge, 4, "bilinear", tmp_path)


def test_on_a_networks_shapes_comes_what_the_network_leaves_out(tmp_path: Path) -> None:
    original = paint(3, 128)
    small, shapes = smaller(original, 32), by_a_network(tmp_path)
    drawn = shapes.enlarge(small)
    found = finish(small, [donor(3), donor(4)], (128, 128), begin=32, shapes=shapes)
    assert error(found.picture, original) < 0.7 * error(drawn, original)
    others = finish(small, [donor(n) for n in (4, 5, 6)], (128, 128), begin=32, shapes=shapes)
    assert detail(drawn) < detail(others.picture) < 1.5 * detail(original)


def test_outlines_stay_the_networks(tmp_path: Path) -> None:
    halves = np.full((32, 32, 3), 20, np.uint8)
    halves[:, 16:] = 235
    shapes = by_a_network(tmp_path)
    drawn = shapes.enlarge(halves).astype(float)
    chance = torch.Generator().manual_seed(0)
    rough = [torch.rand(1, 3, 128, 128, generator=chance) for _ in range(2)]
    found = finish(halves, rough, (128, 128), begin=32, shapes=shapes).picture.astype(float)
    painted = np.abs(found - drawn).mean((0, 2))
    assert painted[:40].mean() > 2
    assert painted[62:66].mean() < 0.7 * painted[:40].mean()


def test_beyond_the_network_paint_goes_on_by_steps(tmp_path: Path) -> None:
    small = np.ascontiguousarray(paint(1, 40)[:24])
    shares: list[float] = []
    found = finish(
        small,
        [donor(2, 50), donor(3, 200)[:, :, :90]],
        (149, 248),
        begin=20,
        shapes=by_a_network(tmp_path),
        longest=16,
        advance=shares.append,
    )
    assert found.picture.shape == (149, 248, 3)
    assert found.pieces.longest <= 16
    assert sum(shares) == pytest.approx(1)


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
    monkeypatch.setattr(seen, "WINDOW", 30)
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
